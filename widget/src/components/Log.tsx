import { signal } from '@preact/signals-core'
import type { Message } from '@support-widget/shared/message.ts'
import { Component, type ComponentChildren } from 'preact'
import type { Texts } from '../i18n/texts.ts'
import { Icon } from './Icon.tsx'

interface Props {
  texts: Texts
  messages: readonly Message[]
  /** How many of the customer's own are on their way. */
  own: number
  /** The reader comes to the top: older ones, if there are. Never rejects. */
  onTop: () => Promise<unknown>
  children: ComponentChildren
}

/** The `seq` of the first one; nothing is before none. */
const topOf = ([first]: readonly Message[]) => first?.seq ?? 0

/** Distance from either end within which the reader is there, px. */
const near = 40
const isAtEnd = (box: Element) => box.scrollHeight - box.scrollTop - box.clientHeight < near

/** Stays at its end while the reader is there, and in its place when older messages come in above. */
export class Log extends Component<Props> {
  box: HTMLDivElement | null = null
  hold = (box: HTMLDivElement | null) => {
    this.box = box
  }
  atEnd = true
  height = 0
  marked = false
  /** The last message as the reader left the end. */
  left = signal<number | null>(null)

  /** The box itself becomes smaller, as the composer grows or a keyboard comes up. */
  size = new ResizeObserver(() => {
    const { box } = this
    this.shown = box?.clientHeight
    if (box && isAtEnd(box)) this.moved(true)
    this.toEnd()
  })
  shown: number | undefined

  override componentDidMount() {
    const { box } = this
    if (!box) return
    // What scrolls must be reachable by keyboard.
    box.tabIndex = 0
    this.size.observe(box)
    this.settle(this.props)
  }
  override componentWillUnmount() {
    this.size.disconnect()
  }
  override componentDidUpdate(before: Props) {
    const { messages, own } = this.props
    if (own > before.own) this.moved(true)
    // To ask for its height costs a layout, and with each letter typed this is drawn again.
    if (messages !== before.messages || own !== before.own) this.settle(before)
  }
  settle(before: Props) {
    const { box } = this
    if (!box || box.scrollHeight === this.height) return
    const { messages } = this.props
    if (topOf(messages) < topOf(before.messages)) box.scrollTop += box.scrollHeight - this.height
    else this.toEnd()
    const line = box.querySelector<HTMLElement>('.new')
    // Come to read what is new, one begins at the first of it.
    if (line && !this.marked && line.offsetTop < box.scrollTop) {
      box.scrollTop = line.offsetTop - near
      this.moved(false)
    }
    this.marked = line !== null
    if (messages.length > 0) {
      this.height = box.scrollHeight
      this.speak()
    }
  }
  toEnd() {
    if (this.atEnd) this.box?.scrollTo(0, this.box.scrollHeight)
  }
  moved(atEnd: boolean) {
    this.atEnd = atEnd
    if (atEnd) this.left.value = null
    else this.left.value ??= this.props.messages.at(-1)?.seq ?? 0
  }
  /** Aloud is read what comes from now on, not what was loaded. */
  speak() {
    requestAnimationFrame(() => this.box?.removeAttribute('aria-live'))
  }
  override render({ texts: { t, unread }, children, messages, onTop }: Props) {
    const left = this.left.value
    const count = left === null ? 0 : messages.filter((one) => one.seq > left && one.author.type === 'agent').length
    return (
      <>
        <div
          ref={this.hold}
          class="body log"
          role="log"
          aria-live="off"
          aria-label={t('messages')}
          onScroll={({ currentTarget: box }) => {
            // Of another size by now: that was not the reader.
            if (box.clientHeight === this.shown) this.moved(isAtEnd(box))
            if (box.scrollTop > near) return
            box.setAttribute('aria-live', 'off')
            void onTop().then(() => this.speak())
          }}
        >
          {/* One box: as the composer grows, the messages are not laid out anew. */}
          <div>{children}</div>
        </div>
        {left !== null && (
          <div class="jump">
            <button
              type="button"
              class="round"
              aria-label={`${t('latest')}${count ? `, ${unread(count)}` : ''}`}
              onClick={() => {
                this.moved(true)
                this.box?.focus()
                this.toEnd()
              }}
            >
              <Icon name="down" />
              {count > 0 && (
                <span class="badge" aria-hidden="true">
                  {count}
                </span>
              )}
            </button>
          </div>
        )}
      </>
    )
  }
}
