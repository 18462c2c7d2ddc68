import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeId, encodeId, isUuid } from './ids.ts'

const uuids = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }).map((value) => {
  const hex = value.toString(16).padStart(32, '0')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
})

describe('ids', () => {
  test('WIRE-1: a UUID and its 26 characters are the same, in either case', () => {
    fc.assert(
      fc.property(uuids, (uuid) => {
        const id = encodeId(uuid)
        expect(id).toMatch(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/)
        expect([decodeId(id), decodeId(id.toLowerCase()), isUuid(uuid)]).toEqual([uuid, uuid, true])
      }),
    )
    expect(encodeId('00000000-0000-0000-0000-000000000000')).toBe('0'.repeat(26))
    expect(encodeId('ffffffff-ffff-ffff-ffff-ffffffffffff')).toBe(`7${'Z'.repeat(25)}`)
  })

  test('WIRE-2: written ids sort as their UUIDs do', () => {
    fc.assert(
      fc.property(uuids, uuids, (a, b) => {
        expect(encodeId(a) < encodeId(b)).toBe(a < b)
      }),
    )
  })

  test('WIRE-3: anything else is no id', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), (text) => {
        expect(decodeId(text) === null || text.length === 26).toBe(true)
      }),
    )
    const id = encodeId('01890a5d-ac96-774b-bcce-b302099a8057')
    for (const bad of [
      '',
      id.slice(1),
      `${id}0`,
      `8${id.slice(1)}`,
      `${id.slice(0, 25)}U`,
      `${id.slice(0, 25)}I`,
      ` ${id.slice(1)}`,
      `${id}\n`,
      `${id.slice(0, 25)}ı`,
    ])
      expect(decodeId(bad), bad).toBeNull()
    for (const bad of [
      '',
      '01890A5D-AC96-774B-BCCE-B302099A8057',
      '{01890a5d-ac96-774b-bcce-b302099a8057}',
      '01890a5dac96774bbcceb302099a8057',
      '01890a5d-ac96-774b-bcce-b302099a8057\n',
    ]) {
      expect(isUuid(bad), bad).toBe(false)
    }
  })
})
