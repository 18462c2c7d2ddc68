import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { hashKey, secretBox } from './secrets.ts'

describe('stored secrets', () => {
  const [first, second] = [randomBytes(32), randomBytes(32)]

  test('SECRET-1: what was sealed opens again, and never looks the same twice', () => {
    const box = secretBox([first])
    for (const plain of ['', 'x', 'ü😀\n', 'x'.repeat(10_000)]) {
      const [a, b] = [box.seal(plain), box.seal(plain)]
      expect([box.open(a), box.open(b)]).toEqual([plain, plain])
      expect(a).not.toBe(b)
      if (plain.length > 3) expect(a).not.toContain(plain.slice(0, 4))
    }
  })

  test('SECRET-2: after a change of keys the new one seals and both open', () => {
    const sealed = secretBox([first]).seal('old')
    const rotated = secretBox([second, first])
    expect(rotated.open(sealed)).toBe('old')
    expect(secretBox([second]).open(rotated.seal('new'))).toBe('new')
    expect(() => secretBox([second]).open(sealed)).toThrow(/SECRET_KEY_PREVIOUS/)
  })

  test('SECRET-3: a changed, cut or foreign text does not open', () => {
    const box = secretBox([first])
    const sealed = box.seal('secret')
    const [, nonce, body = ''] = sealed.split('.')
    const flipped = Buffer.from(body, 'base64url')
    flipped[0] = (flipped[0] ?? 0) ^ 1
    const bad = [
      `v1.${nonce}.${flipped.toString('base64url')}`,
      `v1.${nonce}.${body.slice(0, -4)}`,
      `v1..${body}`,
      `v1.${nonce}.`,
      'v1',
      '',
      `v2.${nonce}.${body}`,
      'plain',
    ]
    for (const text of bad) expect(() => box.open(text), text).toThrow()
  })

  test('SECRET-4: of an API key its SHA-256 is kept', () => {
    expect(hashKey('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  })
})
