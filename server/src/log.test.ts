import { Writable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { createLog } from './log.ts'

function setUp(level = 'debug') {
  let text = ''
  const sink = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk)
      done()
    },
  })
  return {
    log: createLog(level, sink),
    text: () => text,
    lines: () =>
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
  }
}

describe('the log', () => {
  test('LOG-3: secrets are redacted down to the third level', () => {
    const { log, text } = setUp()
    for (const name of ['authorization', 'cookie', 'x-api-key', 'x-ping-api-key', 'token', 'secret', 'key', 'password']) {
      log.info({ [name]: 'canary', headers: { [name]: 'canary', deep: { [name]: 'canary' } } }, 'x')
    }
    expect(text()).not.toContain('canary')
    expect(text().match(/\[redacted\]/g)).toHaveLength(24)
  })

  test('LOG-4: line breaks and terminal codes are escaped, long values clipped', () => {
    const { log, text, lines } = setUp()
    log.warn({ path: `a\n{"level":60}\u001b[31m${'x'.repeat(10_000)}` }, 'b\nc')
    expect(lines()).toHaveLength(1)
    expect(text()).not.toContain('\u001b')
    expect(String(lines()[0]?.path)).toHaveLength(2049)
  })

  test('LOG-5: of an error its type, message, code and stack are logged, never what a driver hangs on it', () => {
    const { log, text, lines } = setUp()
    log.error(
      { err: Object.assign(new TypeError('broken'), { code: '23505', detail: 'canary', parameters: ['canary'], cause: new Error('canary') }) },
      'x',
    )
    log.error({ err: 'thrown text' }, 'x')
    log.error({ err: { ...new Error('copied'), message: 'copied', stack: 'at once', detail: 'canary' } }, 'x')
    expect(text()).not.toContain('canary')
    expect(lines()[0]).toMatchObject({ err: { type: 'TypeError', message: 'broken', code: '23505' }, msg: 'x' })
    expect(lines()[1]).toMatchObject({ err: { message: 'thrown text' } })
    expect(lines()[2]).toMatchObject({ err: { message: 'copied', stack: 'at once' } })
  })

  test('LOG-6: times are ISO, levels are honoured, children keep their fields', () => {
    const { log, lines } = setUp('warn')
    log.info('not this')
    log.child({ request_id: 'r' }).warn('this')
    expect(lines()).toHaveLength(1)
    expect(lines()[0]).toMatchObject({ request_id: 'r', msg: 'this', time: expect.stringMatching(/^\d{4}-.*Z$/) })
  })
})
