/** Crockford's base32 alphabet, as ULID uses it: no I, L, O, U. Its order is ASCII order, so encoded ids sort as their UUIDs do. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const encoded = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** UUID (36 characters) → the 26 Crockford characters in which ids are written natively. Same 128 bits, same order. */
export function encodeId(id: string): string {
  let value = BigInt(`0x${id.replaceAll('-', '')}`)
  let out = ''
  for (let i = 0; i < 26; i++) {
    out = alphabet[Number(value & 31n)] + out
    value >>= 5n
  }
  return out
}

/** 26 Crockford characters, upper or lower case → UUID; null for anything else, so that a malformed id is an unknown one. */
export function decodeId(id: string): string | null {
  const upper = id.toUpperCase()
  if (!encoded.test(upper)) return null
  let value = 0n
  for (const char of upper) value = (value << 5n) | BigInt(alphabet.indexOf(char))
  const hex = value.toString(16).padStart(32, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** True for a canonical, lower-case UUID. */
export const isUuid = (id: string) => uuid.test(id)
