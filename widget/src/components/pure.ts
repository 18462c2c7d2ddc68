import { Component, type ComponentChildren, type ComponentClass } from 'preact'

/** A component of its props alone, drawn again only when one of them is another. It must not read a signal. */
export const pure = <P extends object>(draw: (props: P) => ComponentChildren): ComponentClass<P> =>
  class extends Component<P> {
    override shouldComponentUpdate(next: P) {
      return (Object.keys(next) as (keyof P)[]).some((name) => next[name] !== this.props[name as keyof typeof this.props])
    }
    override render(props: P) {
      return draw(props)
    }
  }
