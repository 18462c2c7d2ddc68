import { describe, expect, test } from 'vitest'
import { isUniqueViolation, notFound, Refusal, toRefusal } from './errors.ts'

const failing = (code: string, message = 'x', more: object = {}) => Object.assign(new Error(message), { code, ...more })

describe('what was thrown', () => {
  test('ERR-1: a refusal stays what it is', () => {
    const refusal = notFound()
    expect(toRefusal(refusal)).toBe(refusal)
    expect([refusal.status, refusal.code]).toEqual([404, 'not_found'])
    expect(new Refusal('rate_limited', { retryAfter: 3 })).toMatchObject({ status: 429, retryAfter: 3, message: 'Too many requests' })
  })

  test('ERR-2: a database that is not there is 503 with Retry-After', () => {
    for (const code of [
      '08006',
      '08001',
      '53300',
      '57P01',
      '57P03',
      '58030',
      'ECONNREFUSED',
      'ECONNRESET',
      'EAI_AGAIN',
      '40001',
      '40P01',
      '57014',
      '55P03',
    ]) {
      expect(toRefusal(failing(code)), code).toMatchObject({ code: 'unavailable', status: 503, retryAfter: 2 })
    }
    for (const message of [
      'Connection terminated unexpectedly',
      'timeout exceeded when trying to connect',
      'Client was closed and is not queryable',
      'Query read timeout',
    ]) {
      expect(toRefusal(new Error(message)).code, message).toBe('unavailable')
    }
  })

  test('ERR-3: data that cannot be stored is 400', () => {
    for (const code of ['22021', '22P05', '22003', '22P02', '2201X'])
      expect(toRefusal(failing(code)), code).toMatchObject({ code: 'invalid_request', status: 400 })
  })

  test('ERR-4: anything else is 500 without its text, its cause kept for the log', () => {
    for (const thrown of [
      failing('23503', 'secret'),
      failing('42601'),
      failing('22'),
      new TypeError('secret'),
      'secret',
      undefined,
      null,
      { code: '08006' },
    ]) {
      const refusal = toRefusal(thrown)
      expect(refusal).toMatchObject({ code: 'internal_error', status: 500, cause: thrown })
      expect(refusal.message).not.toContain('secret')
    }
  })

  test('ERR-5: a unique violation is told by code and constraint', () => {
    const err = failing('23505', 'x', { constraint: 'a' })
    expect([isUniqueViolation(err), isUniqueViolation(err, 'a'), isUniqueViolation(err, 'b')]).toEqual([true, true, false])
    expect([isUniqueViolation(failing('23503'), 'a'), isUniqueViolation(null), isUniqueViolation({ code: '23505' })]).toEqual([false, false, false])
  })
})
