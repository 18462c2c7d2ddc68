import { createHmac, timingSafeEqual } from 'node:crypto'
import { encodeId } from '@support-widget/shared/ids.ts'
import type { Clock } from '../clock.ts'

/** Links that open one attachment for whoever holds them, for a while. */
export interface SignedLinks {
  /** UUID of an attachment → its URL: the same for five minutes, valid for ten to fifteen. */
  attachment(id: string): string
  /** True if `exp` and `sig` of a link's query belong to this attachment and are still good. */
  verify(id: string, exp: string, sig: string): boolean
}

const step = 5 * 60
const valid = 10 * 60

/** The first key signs, all verify. */
export function signedLinks(publicUrl: string, keys: readonly Buffer[], clock: Clock): SignedLinks {
  const sign = (key: Buffer, id: string, exp: number) => createHmac('sha256', key).update(`attachment link ${id} ${exp}`).digest('base64url')
  const seconds = () => clock.now().getTime() / 1000
  return {
    attachment(id) {
      const exp = Math.ceil(seconds() / step) * step + valid
      return `${publicUrl}/v1/support/attachments/${encodeId(id)}?exp=${exp}&sig=${sign(keys[0] as Buffer, id, exp)}`
    },
    verify(id, exp, sig) {
      // As we write it, so that a link has one form.
      if (!/^[1-9]\d{0,11}$/.test(exp) || Number(exp) < seconds()) return false
      const given = Buffer.from(sig)
      return keys.some((key) => {
        const wanted = Buffer.from(sign(key, id, Number(exp)))
        return given.length === wanted.length && timingSafeEqual(given, wanted)
      })
    },
  }
}
