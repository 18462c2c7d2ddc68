import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { limits } from '@support-widget/shared/limits.ts'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { type Answer, problemIn } from '../support/client.ts'
import { rawExchange, rawRequest, rawText, sendText } from '../support/raw.ts'
import { type Watched, watched } from '../support/watched.ts'

/** Bodies, headers and methods that no client of ours would send. Each is answered, and none has an effect. */

const ticketsOf = (at: Watched) => `${at.server.url}/v1/support/tickets`
const messagesOf = (at: Watched) => `${ticketsOf(at)}/${at.ticketId}/messages`
const padded = (bytes: number) => {
  const start = '{"body":"x","pad":"'
  return `${start}${'x'.repeat(bytes - start.length - 2)}"}`
}
const nested = (depth: number, inner = '') => `{"body":"x","deep":${'['.repeat(depth - 1)}${inner}${']'.repeat(depth - 1)}}`

describe('bodies', () => {
  test.each([
    ['truncated', '{"body":"a'],
    ['truncated after a value', '{"body":"a"'],
    ['with something behind', '{"body":"a"} x'],
    ['with a comment', '{"body":"a"/**/}'],
    ['with single quotes', "{'body':'a'}"],
    ['with a bad escape', '{"body":"\\x41"}'],
    ['with a raw line break', '{"body":"a\nb"}'],
    ['blank', ' \n '],
    ['a word', 'undefined'],
    ['half a million brackets', '['.repeat(500_000)],
  ])('BODY-1: malformed JSON is refused: %s', async (_, body) => {
    const at = await watched()
    expect(problemIn(await sendText(messagesOf(at), at.token, body))).toMatchObject({ status: 400, code: 'malformed_json' })
    await at.end()
  })

  test('BODY-2: a scalar or an array is refused', async () => {
    const at = await watched()
    for (const body of ['"x"', '[]', 'null', '1', 'true', '[{"body":"x"}]', '""']) {
      const problem = problemIn(await sendText(messagesOf(at), at.token, body))
      expect(problem, body).toMatchObject({ status: 400, code: 'invalid_request', errors: [{ location: 'body' }] })
    }
    await at.end()
  })

  test('BODY-3: what is not said to be JSON in UTF-8 is refused, whatever it holds', async () => {
    const at = await watched()
    const types = [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/json; charset=utf-16',
      'application/json; charset=utf-7',
      'application/json; charset=iso-8859-1',
      'application/jsonp',
      'application/json5',
      'application/vnd.api+json',
      'application/merge-patch+json',
      'text/json',
      'json',
      '*/*',
      ';',
    ]
    for (const type of types) {
      const answer = await sendText(messagesOf(at), at.token, '{"body":"x"}', { 'Content-Type': type })
      expect(problemIn(answer), type).toMatchObject({ status: 415, code: 'unsupported_media_type' })
    }
    await at.end()
  })

  test('BODY-4: the ways to say JSON in UTF-8 are all taken', async () => {
    const at = await watched()
    for (const type of [
      'application/json',
      'application/json; charset=utf-8',
      'APPLICATION/JSON; Charset="UTF-8"',
      'application/json;charset=utf8',
      'application/json; x=y',
    ]) {
      expect((await sendText(messagesOf(at), at.token, '{"body":"x"}', { 'Content-Type': type })).status, type).toBe(201)
    }
    expect((await sendText(messagesOf(at), at.token, '{"body":"x"}', { 'Content-Encoding': 'identity' })).status).toBe(201)
  })

  test('BODY-5: a content encoding is refused before anything is inflated', async () => {
    const at = await watched()
    const bomb = gzipSync(Buffer.alloc(5_000_000, ' '))
    for (const encoding of ['gzip', 'br', 'deflate', 'zstd', 'gzip, gzip', 'x']) {
      const answer = await sendText(messagesOf(at), at.token, bomb, { 'Content-Encoding': encoding })
      expect(problemIn(answer), encoding).toMatchObject({ status: 415, code: 'unsupported_media_type' })
    }
    await at.end()
  })

  test('BODY-6: a byte order mark is dropped; bytes that are not UTF-8 are refused', async () => {
    const at = await watched()
    for (const bytes of [
      Buffer.from('{"body":"\xff"}', 'latin1'),
      Buffer.from('{"body":"\xc0\x80"}', 'latin1'),
      Buffer.from('{"body":"\xed\xa0\x80"}', 'latin1'),
      Buffer.from('\ufeff{"body":"x"}', 'utf16le'),
      Buffer.from('{"body":"x"}', 'utf16le'),
    ]) {
      expect(problemIn(await sendText(messagesOf(at), at.token, bytes))).toMatchObject({ status: 400, code: 'malformed_json' })
    }
    await at.end()
    expect((await sendText(messagesOf(at), at.token, '\ufeff{"body":"x"}')).status).toBe(201)
  })

  test('BODY-7: 512 KiB are read, one byte more is refused, with a length and in chunks', async () => {
    const at = await watched()
    const headers = { Authorization: `Bearer ${at.token}`, 'Content-Type': 'application/json' }
    const path = new URL(messagesOf(at)).pathname
    const send = (bytes: number, chunked: boolean): Promise<Answer> => {
      const body = padded(bytes)
      if (!chunked) return rawExchange(at.server.url, rawRequest(`POST ${path}`, { ...headers, 'Content-Length': String(bytes) }, body))
      const parts = [rawRequest(`POST ${path}`, { ...headers, 'Transfer-Encoding': 'chunked' })]
      for (let from = 0; from < bytes; from += 65_536) {
        const part = body.slice(from, from + 65_536)
        parts.push(Buffer.from(`${part.length.toString(16)}\r\n${part}\r\n`))
      }
      return rawExchange(at.server.url, [...parts, Buffer.from('0\r\n\r\n')])
    }
    for (const chunked of [false, true]) {
      const exact = problemIn(await send(limits.jsonBytes, chunked))
      expect(exact).toMatchObject({ status: 400, errors: [{ location: 'body.pad', message: 'is not known' }] })
      const over = await send(limits.jsonBytes + 1, chunked)
      expect(problemIn(over)).toMatchObject({ status: 413, code: 'payload_too_large' })
      expect(over.headers.get('connection')).toBe('close')
    }
    await at.end()
  })

  test('BODY-8: a body that is said to be too large is refused before it comes', async () => {
    const at = await watched()
    const headers = { Authorization: `Bearer ${at.token}`, 'Content-Type': 'application/json' }
    for (const length of ['524289', '4294967296', '4294967297', '9007199254740991', '99999999999999999']) {
      const answer = await rawExchange(
        at.server.url,
        rawRequest(`POST ${new URL(messagesOf(at)).pathname}`, { ...headers, 'Content-Length': length }),
      )
      expect(problemIn(answer), length).toMatchObject({ status: 413, code: 'payload_too_large' })
    }
    await at.end()
  })

  test('BODY-14: a client that sends all of a body that is too large still reads the answer, and one that stops is let go', async () => {
    const at = await watched()
    const bytes = 8 * 1024 * 1024
    const headers = { Authorization: `Bearer ${at.token}`, 'Content-Type': 'application/json', 'Content-Length': String(bytes) }
    const head = rawRequest(`POST ${new URL(messagesOf(at)).pathname}`, headers)
    const { hostname, port } = new URL(at.server.url)
    const { setTimeout: later } = globalThis
    for (const rest of [bytes, 1, 0]) {
      // A second without a byte is the end, but not where all of them are on their way, however slow the machine is.
      const timers = vi.spyOn(globalThis, 'setTimeout')
      if (rest === bytes) timers.mockImplementation(((run: () => void, ms?: number) => later(run, ms === 1_000 ? 60_000 : ms)) as typeof setTimeout)
      onTestFinished(() => timers.mockRestore())
      const { text, reset } = await new Promise<{ text: string; reset: boolean }>((resolve) => {
        const socket = connect(Number(port), hostname, () => socket.write(head))
        let said = ''
        // The rest is sent when the answer has come: until then nothing is in its way.
        socket.once('data', () => rest > 0 && socket.write(Buffer.alloc(rest, ' ')))
        socket.on('data', (chunk) => {
          said += chunk
        })
        socket.on('error', () => {})
        socket.on('close', (hadError) => resolve({ text: said, reset: hadError }))
      })
      timers.mockRestore()
      expect(text, String(rest)).toMatch(/^HTTP\/1\.1 413 /)
      expect(reset, String(rest)).toBe(false)
    }
    await at.end()
  })

  test('BODY-9: 32 levels are read, 33 are refused, empty innermost or not', async () => {
    const at = await watched()
    for (const inner of ['', '1', '"x"', 'null']) {
      const known = problemIn(await sendText(messagesOf(at), at.token, nested(32, inner)))
      expect(known.errors, inner).toEqual([{ location: 'body.deep', message: 'is not known' }])
      const deep = problemIn(await sendText(messagesOf(at), at.token, nested(33, inner)))
      expect(deep, inner).toMatchObject({ status: 400, detail: 'The body is nested deeper than 32 levels.' })
    }
    const deepest = `{"body":${'['.repeat(250_000)}${']'.repeat(250_000)}}`
    expect(problemIn(await sendText(messagesOf(at), at.token, deepest))).toMatchObject({ status: 400 })
    await at.end()
  })

  test('BODY-10: as many keys or elements as fit are refused with the first hundred faults', async () => {
    const at = await watched()
    const keys = `{${Array.from({ length: 55_000 }, (_, i) => `"${i.toString(36)}":1`).join()}}`
    const many = problemIn(await sendText(messagesOf(at), at.token, keys))
    expect(many.status).toBe(400)
    expect(many.errors).toHaveLength(100)
    expect(many.detail).toMatch(/^5\d{4} values/)
    const elements = problemIn(await sendText(messagesOf(at), at.token, `{"body":[${'1,'.repeat(250_000)}1]}`))
    expect(elements).toMatchObject({ status: 400, errors: [{ location: 'body.body' }] })
    const long = problemIn(await sendText(messagesOf(at), at.token, `{"body":"x","${'k'.repeat(500_000)}":1}`))
    expect(JSON.stringify(long).length).toBeLessThan(1_000)
    await at.end()
  })

  test('BODY-11: keys of every object are refused like any unknown key, and pollute nothing', async () => {
    const at = await watched()
    for (const key of ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '']) {
      const problem = problemIn(await sendText(messagesOf(at), at.token, `{"body":"x","${key}":{"is_internal":true,"polluted":1}}`))
      expect(problem, key).toMatchObject({ status: 400, errors: [{ location: `body.${key}`, message: 'is not known' }] })
      const alone = problemIn(await sendText(messagesOf(at), at.token, `{"${key}":{"body":"x"}}`))
      expect(alone.errors?.map((fault) => fault.location).sort(), key).toEqual([`body.${key}`, 'body.body'].sort())
    }
    expect(({} as { polluted?: number }).polluted).toBeUndefined()
    await at.end()
  })

  test('BODY-12: of a key that stands twice the last one counts, and an unknown one is still unknown', async () => {
    const at = await watched()
    const twice = problemIn(await sendText(messagesOf(at), at.token, '{"body":"x","role":"customer","role":"agent"}'))
    expect(twice.errors).toEqual([{ location: 'body.role', message: 'is not known' }])
    await at.end()
    const sent = await sendText(messagesOf(at), at.token, '{"body":"first","body":"last"}')
    expect(sent.body).toMatchObject({ body: 'last' })
  })

  test('BODY-13: an operation without a body ignores one', async () => {
    const at = await watched()
    const close = `${ticketsOf(at)}/${at.ticketId}/close`
    for (const body of ['', '{', 'nope', '{"status":"open"}']) expect((await sendText(close, at.token, body)).status, body).toBe(200)
    expect((await at.alice.send('getTicket', { params: { id: at.ticketId } })).body).toMatchObject({ status: 'closed' })
  })
})

describe('requests', () => {
  test('HTTP-1: a header block of 20 KB is a 431 problem', async () => {
    const at = await watched()
    const answer = await rawExchange(at.server.url, rawRequest('GET /v1/support/me', { 'X-Long': 'x'.repeat(20_000) }))
    expect(problemIn(answer)).toMatchObject({ status: 431, code: 'headers_too_large' })
    await at.end()
  })

  test('HTTP-2: a known path with another method is 405 with Allow, and nothing is echoed', async () => {
    const at = await watched()
    const authorization = { Authorization: `Bearer ${at.token}` }
    const path = `/v1/support/tickets/${at.ticketId}`
    for (const method of ['TRACE', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'LOCK', 'SEARCH', 'POST', 'QUERY']) {
      const answer = await rawExchange(at.server.url, rawRequest(`${method} ${path}`, { ...authorization, 'X-Echo': 'canary' }))
      expect(problemIn(answer), method).toMatchObject({ status: 405, code: 'method_not_allowed' })
      expect(answer.headers.get('allow'), method).toBe('HEAD, GET')
      expect(answer.text).not.toContain('canary')
    }
    for (const header of ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override']) {
      const answer = await at.alice.send('getTicket', { params: { id: at.ticketId } }, { [header]: 'DELETE' })
      expect(answer.status).toBe(200)
    }
    await at.end()
  })

  test('HTTP-3: an unknown path is a 404 problem with every method', async () => {
    const at = await watched()
    for (const method of ['GET', 'POST', 'DELETE', 'TRACE']) {
      for (const path of [
        '/v1',
        '/v1/support',
        '/v2/support/tickets',
        '/.env',
        '/.git/config',
        '//evil.example/',
        '/v1/support/tickets/x/y/z',
        '/%2e%2e/%2e%2e/etc/passwd',
      ]) {
        const answer = await rawExchange(at.server.url, rawRequest(`${method} ${path}`, {}))
        expect(problemIn(answer), `${method} ${path}`).toMatchObject({ status: 404, code: 'not_found' })
      }
    }
    await at.end()
  })

  test('HTTP-4: HEAD answers as GET does, without a body, and 405 where there is no GET', async () => {
    const at = await watched()
    const head = (path: string) => rawText(at.server.url, rawRequest(`HEAD ${path}`, { Authorization: `Bearer ${at.token}` }))
    const answers = [await head(`/v1/support/tickets/${at.ticketId}`), await head(`/v1/support/tickets/${at.ticketId}/close`)]
    expect(answers.map((text) => /HTTP\/1.1 (\d+)/.exec(text)?.[1])).toEqual(['200', '405'])
    for (const answer of answers) expect(answer.endsWith('\r\n\r\n')).toBe(true)
    await at.end()
  })

  test.each([
    ['no HTTP', 'hello\r\n\r\n'],
    ['a TLS hello', Buffer.from('160301020001000000', 'hex')],
    ['an unknown verb', 'BREW /v1/support/me HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['NUL in a header', 'GET /v1/support/me HTTP/1.1\r\nHost: x\r\nX-A: a\0b\r\n\r\n'],
    ['a space before the colon', 'GET /v1/support/me HTTP/1.1\r\nHost: x\r\nX-A : b\r\n\r\n'],
    ['two lengths', 'POST /v1/support/tickets HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}'],
    ['length and chunks', 'POST /v1/support/tickets HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a negative length', 'POST /v1/support/tickets HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n'],
    ['no host', 'GET /v1/support/me HTTP/1.1\r\n\r\n'],
    ['a path with a raw line feed', 'GET /v1/\nsupport HTTP/1.1\r\nHost: x\r\n\r\n'],
  ])('HTTP-5: what is not HTTP is a 400 problem: %s', async (_, bytes) => {
    const at = await watched()
    expect(problemIn(await rawExchange(at.server.url, bytes))).toMatchObject({ status: 400, code: 'invalid_request' })
    await at.end()
  })

  test('HTTP-6: odd targets and hosts are answered like any other', async () => {
    const at = await watched()
    for (const [line, host, status] of [
      ['GET http://evil.example/v1/support/me', 'evil.example', 401],
      ['GET /v1/support/me', 'a@evil.example', 401],
      ['GET /v1/support/me', '[', 401],
      ['GET /v1/support/me?%ff=%', 'x', 401],
      ['GET *', 'x', 404],
      ['OPTIONS *', 'x', 404],
      [`GET /${'a/'.repeat(5_000)}`, 'x', 404],
    ] as const) {
      expect((await rawExchange(at.server.url, rawRequest(line, { Host: host }))).status, line.slice(0, 60)).toBe(status)
    }
    await at.end()
  })

  test('HTTP-7: a client that goes away in the middle of its body harms nobody', async () => {
    const at = await watched()
    const headers = { Authorization: `Bearer ${at.token}`, 'Content-Type': 'application/json', 'Content-Length': '1000' }
    const request = rawRequest(`POST ${new URL(messagesOf(at)).pathname}`, headers, '{"body":"half')
    const { hostname, port } = new URL(at.server.url)
    for (let i = 0; i < 20; i++) {
      await new Promise<void>((resolve) => {
        const socket = connect(Number(port), hostname, () => socket.write(request, () => socket.destroy()))
        socket.on('close', () => resolve())
      })
    }
    await at.end()
  })

  test('HTTP-8: a hundred requests in one write are answered in order', async () => {
    const at = await watched()
    const path = (n: number) => `/v1/support/tickets?per_page=${n}`
    const requests = Array.from({ length: 100 }, (_, i) =>
      rawRequest(`GET ${path(i + 1)}`, { Authorization: `Bearer ${at.token}`, Connection: i === 99 ? 'close' : 'keep-alive' }),
    )
    const all = await rawText(at.server.url, Buffer.concat(requests))
    expect([...all.matchAll(/"per_page":(\d+)/g)].map((found) => Number(found[1]))).toEqual(requests.map((_, i) => i + 1))
    await at.end()
  })
})
