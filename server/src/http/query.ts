import { parse } from 'node:querystring'
import type Koa from 'koa'

/**
 * Gives `ctx.query` a parser of our own. Koa's looks every key up among all of them, which takes seconds for the thousands that fit into a request line, and loses one that
 * is called `__proto__`. A key that stands more than once has a list.
 */
export function readQueries(koa: Koa<never>): void {
  const parsed = new WeakMap<object, { text: string; query: NodeJS.Dict<string | string[]> }>()
  Object.defineProperty(koa.request, 'query', {
    configurable: true,
    get(this: Koa.Request) {
      const { req, querystring: text } = this
      const known = parsed.get(req)
      if (known?.text === text) return known.query
      const query = parse(text, '&', '=', { maxKeys: 0 })
      parsed.set(req, { text, query })
      return query
    },
  })
}
