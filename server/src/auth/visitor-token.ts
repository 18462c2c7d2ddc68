import { createHmac, timingSafeEqual } from 'node:crypto'
import { decodeId, encodeId } from '@support-widget/shared/ids.ts'

/** Visitors' tokens: who holds one is that visitor. How long they are is kept with the visitor, so that it can move. */
export interface VisitorTokens {
  /** UUID of a visitor → their token. */
  sign(id: string): string
  /** The UUID of the visitor if the token is ours, else null. */
  verify(token: string): string | null
}

const shape = /^sup_visitor_([0-9A-Z]{26})_([A-Za-z0-9_-]{43})$/

export const looksLikeVisitor = (token: string) => token.startsWith('sup_visitor_')

/** The first key signs, all verify. */
export function visitorTokens(keys: readonly Buffer[]): VisitorTokens {
  const sign = (key: Buffer, id: string) => createHmac('sha256', key).update(`visitor token ${id}`).digest('base64url')
  return {
    sign: (id) => `sup_visitor_${encodeId(id)}_${sign(keys[0] as Buffer, id)}`,
    verify(token) {
      const [, written = '', signature = ''] = shape.exec(token) ?? []
      const id = decodeId(written)
      if (id === null) return null
      const given = Buffer.from(signature)
      return keys.some((key) => timingSafeEqual(given, Buffer.from(sign(key, id)))) ? id : null
    },
  }
}
