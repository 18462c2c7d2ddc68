import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { queryInt, queryList, safeString, text } from './text.ts'
import { codePoints, tidy } from './tidy.ts'

describe('text', () => {
  test('TEXT-9: tidy text is NFC and trimmed; tidying it again changes nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (given) => {
        const once = tidy(given)
        expect(tidy(once)).toBe(once)
        expect(once).toBe(once.normalize('NFC').trim())
      }),
    )
    expect(tidy('  e\u0301 ')).toBe('é')
    for (const blank of ['', ' ', '\u200b\u2060', '\u3164', '\u2800 \u2800', '\ufe0f', '\u{e0041}', '\u00ad\n\t']) expect(tidy(blank)).toBe('')
    for (const visible of ['.', '\u200ba', '0', '\u0336a', '👩‍💻']) expect(tidy(visible)).not.toBe('')
  })

  test('TEXT-10: length is counted in code points, and the schema agrees at its limits', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (given) => {
        expect(codePoints(given)).toBe([...given].length)
      }),
    )
    const upTo = text(1, 3)
    for (const good of ['a', '😀😀😀', ' abc ', 'e\u0301e\u0301e\u0301']) expect(upTo.safeParse(good).success, good).toBe(true)
    for (const bad of ['', ' ', 'abcd', '😀😀😀😀', '👩‍💻x', 'x\u0301\u0302\u0303', 7, null])
      expect(upTo.safeParse(bad).success, String(bad)).toBe(false)
    expect(text(0, 3).parse('\u200b')).toBe('')
  })

  test('TEXT-11: NUL and lone surrogates are no text', () => {
    for (const bad of ['\0', 'a\0', '\ud800', '\udc00x', '\ude00\ud83d'])
      expect(safeString().safeParse(bad).error?.issues, JSON.stringify(bad)).toHaveLength(1)
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (given) => {
        expect(safeString().safeParse(given).success).toBe(given.isWellFormed() && !given.includes('\0'))
      }),
    )
  })
})

describe('query values', () => {
  test('INPUT-7: whole numbers are digits alone', () => {
    const schema = queryInt(0, 2 ** 31 - 1)
    fc.assert(
      fc.property(fc.nat(), (n) => {
        expect(schema.parse(String(n))).toBe(n)
      }),
    )
    expect(schema.parse('007')).toBe(7)
    for (const bad of ['', ' 1', '1 ', '+1', '-0', '1.0', '1e3', '0x1', '2147483648', '9'.repeat(16), '١', ['1'], {}, null, true])
      expect(schema.safeParse(bad).success, String(bad)).toBe(false)
  })

  test('INPUT-8: lists are repeated keys, commas, or both', () => {
    const schema = queryList(z.enum(['a', 'b']))
    expect([schema.parse('a'), schema.parse('a,b'), schema.parse(['a', 'b,a'])]).toEqual([['a'], ['a', 'b'], ['a', 'b', 'a']])
    for (const bad of ['', ',', 'a,', 'c', ['a', 'c'], [], {}, 'a'.repeat(60).split('').join()])
      expect(schema.safeParse(bad).success, JSON.stringify(bad)).toBe(false)
  })
})
