import { readdirSync, readlinkSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { localStorage } from '@support-widget/server/storage/local.ts'
import type { Storage } from '@support-widget/server/storage/storage.ts'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Answer, problemIn, request } from '../support/client.ts'
import { newApp, type TestApp } from '../support/factories.ts'
import { multipart, sendParts, storedFiles, upload, uploadPath } from '../support/files.ts'
import { rawExchange, rawRequest } from '../support/raw.ts'
import { startServer, type TestServer } from '../support/server.ts'

const limit = 10 * 2 ** 20
/** Nothing comes too slowly for it, unless a test says so. */
const patient = { windowMs: 240_000, bytesPerSecond: 16 * 1024, totalMs: 240_000 }
const pace = { ...patient }

/** From now on, and until the test ends, time is shorter. */
function hurry(times: Partial<typeof pace>): void {
  Object.assign(pace, times)
  onTestFinished(() => void Object.assign(pace, patient))
}

let server: TestServer
let app: TestApp
let token: string
/** The storage's own fault, if it is to have one. */
let fault: 'put' | 'size' | 'open' | null = null

beforeAll(async () => {
  let real: Storage | undefined
  const disk = () => {
    real ??= localStorage(join(server.config.dataDir, 'files'))
    return real
  }
  const broken = (what: typeof fault) => {
    if (fault === what) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
  }
  const storage: Storage = {
    put: (key, source) =>
      disk().put(
        key,
        (async function* () {
          for await (const chunk of source) {
            yield chunk
            broken('put')
          }
        })(),
      ),
    async size(key) {
      return fault === 'size' ? 1 : disk().size(key)
    },
    async open(key, range) {
      broken('open')
      return disk().open(key, range)
    },
    remove: (key) => disk().remove(key),
  }
  server = await startServer({}, { storage, uploadPace: pace })
  app = await newApp(server)
  token = await app.token('alice')
})
afterAll(() => server.app.close())

const strays = async () => {
  const rows = await server.app.core.orm.db().selectFrom('stray_files').select('storage_key').orderBy('storage_key').execute()
  return rows.map((row) => row.storage_key)
}
const rows = () => server.app.core.orm.db().selectFrom('attachments').select('id').where('app_id', '=', app.app.id).execute()

/** Nothing is left of what has been refused. */
async function nothingLeft(before: Awaited<ReturnType<typeof now>>): Promise<void> {
  const left = async () => ({
    files: storedFiles(server),
    strays: (await strays()).filter((key) => !before.strays.includes(key)),
    rows: (await rows()).length,
  })
  await expect.poll(left).toEqual({ ...before, strays: [] })
}
const now = async () => ({ files: storedFiles(server), strays: await strays(), rows: (await rows()).length })

const bigPart = (size: number) => [{ bytes: Buffer.alloc(size, 'words '), filename: 'big.txt' }]

/** The same without a Content-Length. */
function sendChunked(size: number): Promise<Answer> {
  const { body, type } = multipart(bigPart(size))
  const chunks = new ReadableStream({
    start(controller) {
      for (let at = 0; at < body.length; at += 65_536) controller.enqueue(new Uint8Array(body.subarray(at, at + 65_536)))
      controller.close()
    },
  })
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': type }
  return request(server.url + uploadPath.customer, { method: 'POST', headers, body: chunks, duplex: 'half' } as RequestInit)
}

/** Sends the head of an upload and as much of its body as `send` wants; answers the open connection. */
function begin(length: number | null, send: (socket: Socket, body: Buffer) => void): Socket {
  const { body, type } = multipart(bigPart(length ?? 1_000_000))
  const size = length === null ? { 'Transfer-Encoding': 'chunked' } : { 'Content-Length': String(body.length) }
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  socket.on('error', () => {})
  socket.write(rawRequest(`POST ${uploadPath.customer}`, { Authorization: `Bearer ${token}`, 'Content-Type': type, ...size }))
  send(socket, body)
  return socket
}

describe('UPLOAD-4: C78: 10 MiB and not a byte more', () => {
  test('exactly 10 MiB, with and without a length', async () => {
    const sized = await sendParts(server, token, bigPart(limit))
    expect(sized.status, sized.text).toBe(201)
    expect(sized.body).toMatchObject({ size: limit, content_type: 'text/plain' })
    const chunked = await sendChunked(limit)
    expect(chunked.status, chunked.text).toBe(201)
    expect(chunked.body).toMatchObject({ size: limit })
    const got = await fetch((chunked.body as { url: string }).url)
    expect((await got.arrayBuffer()).byteLength).toBe(limit)
  })

  test('10 MiB and 1, with and without a length', async () => {
    const before = await now()
    const refused = { status: 413, code: 'payload_too_large' }
    const sized = await sendParts(server, token, bigPart(limit + 1))
    expect(problemIn(sized)).toMatchObject(refused)
    expect(sized.headers.get('connection')).toBe('close')
    expect(problemIn(await sendChunked(limit + 1))).toMatchObject(refused)
    await nothingLeft(before)
  })

  test('what says that it is too long is not read at all', async () => {
    const before = await now()
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'multipart/form-data; boundary=x', 'Content-Length': String(limit * 2) }
    const answer = await rawExchange(server.url, rawRequest(`POST ${uploadPath.customer}`, { ...headers, Connection: 'keep-alive' }))
    expect(problemIn(answer)).toMatchObject({ status: 413, code: 'payload_too_large' })
    expect(answer.headers.get('connection')).toBe('close')
    await nothingLeft(before)
  })
})

describe('UPLOAD-5: C19: a slow upload', () => {
  const dribble = (socket: Socket, body: Buffer, bytes: number, everyMs: number) => {
    let at = 0
    const timer = setInterval(() => {
      socket.write(body.subarray(at, at + bytes))
      at += bytes
    }, everyMs)
    socket.on('close', () => clearInterval(timer))
  }
  const answerOf = (socket: Socket) =>
    new Promise<string>((resolve) => {
      let text = ''
      socket.setEncoding('latin1').on('data', (chunk) => {
        text += chunk
      })
      socket.on('close', () => resolve(text))
    })

  test('is refused when it drops below 16 KiB/s after the first stretch, and not before', async () => {
    // Three tenths of a second stand for ten seconds.
    hurry({ windowMs: 300 })
    const before = await now()
    const start = performance.now()
    const text = await answerOf(begin(1_000_000, (socket, body) => dribble(socket, body, 1, 100)))
    expect(text).toMatch(/^HTTP\/1.1 408 /)
    expect(text).toContain('"code":"request_timeout"')
    expect(text).toMatch(/\r\nconnection: close\r\n/i)
    expect(performance.now() - start).toBeGreaterThanOrEqual(2 * pace.windowMs - 20)
    await nothingLeft(before)
  })

  test('is refused when it stands still', async () => {
    hurry({ windowMs: 300 })
    const before = await now()
    const text = await answerOf(begin(1_000_000, (socket, body) => socket.write(body.subarray(0, 500_000))))
    expect(text).toMatch(/^HTTP\/1.1 408 /)
    await nothingLeft(before)
  })

  test('is refused when it does not end', async () => {
    hurry({ totalMs: 2_500 })
    const before = await now()
    const start = performance.now()
    const text = await answerOf(begin(1_000_000, (socket, body) => dribble(socket, body, 4_000, 50)))
    expect(text).toMatch(/^HTTP\/1.1 408 /)
    expect(performance.now() - start).toBeGreaterThanOrEqual(pace.totalMs - 20)
    await nothingLeft(before)
  })

  test('a slow start is fine', async () => {
    hurry({ windowMs: 10_000 })
    const { body, type } = multipart([{ bytes: 'words', filename: 'slow.txt' }])
    const head = { Authorization: `Bearer ${token}`, 'Content-Type': type, 'Content-Length': String(body.length) }
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    const answered = answerOf(socket)
    socket.write(rawRequest(`POST ${uploadPath.customer}`, head))
    await wait(1_000)
    socket.write(body)
    expect(await answered).toMatch(/^HTTP\/1.1 201 /)
  })
})

describe('UPLOAD-6: a storage that fails', () => {
  const small = [{ bytes: 'words', filename: 'a.txt' }]

  test.each(['put', 'size', 'open'] as const)('in %s: 503, and nothing is left', async (what) => {
    const before = await now()
    fault = what
    try {
      const answer = await sendParts(server, token, small)
      expect(problemIn(answer)).toMatchObject({ status: 503, code: 'unavailable' })
      expect(answer.headers.get('retry-after')).toBe('5')
      const large = await sendParts(server, token, bigPart(5_000_000))
      expect(large.status).toBe(503)
    } finally {
      fault = null
    }
    await nothingLeft(before)
    expect((await sendParts(server, token, small)).status).toBe(201)
  })

  test('on the way out: 503; a file that is gone: 404', async () => {
    const { url } = await upload(server, token)
    fault = 'open'
    try {
      const answer = await request(url)
      expect(problemIn(answer)).toMatchObject({ status: 503, code: 'unavailable' })
      expect(answer.headers.get('content-disposition')).toBeNull()
    } finally {
      fault = null
    }
    const { storage, orm } = server.app.core
    const last = await orm.db().selectFrom('attachments').select('storage_key').orderBy('id', 'desc').executeTakeFirstOrThrow()
    await storage.remove(last.storage_key)
    expect(problemIn(await request(url))).toMatchObject({ status: 404 })
  })
})

describe('UPLOAD-7: C24: nothing leaks', () => {
  /** Files of the storage that this process, which is the server's too, has open. */
  const openFiles = () =>
    readdirSync('/proc/self/fd').filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`).startsWith(server.config.dataDir)
      } catch {
        return false
      }
    })
  const connections = () =>
    new Promise<number>((resolve, reject) => server.app.http.getConnections((err, count) => (err ? reject(err) : resolve(count))))
  const backTo = (count: number) => expect.poll(async () => [openFiles(), (await connections()) <= count]).toEqual([[], true])

  test('200 uploads that are cut off at half', async () => {
    const before = await now()
    const count = await connections()
    for (let round = 0; round < 10; round++) {
      const cut = Array.from({ length: 20 }, async (_, at) => {
        const half = (socket: Socket, body: Buffer) => socket.write(body.subarray(0, body.length / 2))
        const socket = begin(at % 2 ? 200_000 : null, at % 2 ? half : (one) => one.write(`ffff\r\n${'x'.repeat(1_000)}`))
        await wait(20 + at)
        if (at % 3) socket.destroy()
        else socket.resetAndDestroy()
      })
      await Promise.all(cut)
    }
    await nothingLeft(before)
    await backTo(count)
    expect((await sendParts(server, token, bigPart(100))).status).toBe(201)
  })

  test('200 downloads that are cut off', async () => {
    const { url } = await upload(server, token, Buffer.alloc(4_000_000, 'words '), 'big.txt')
    const { pathname, search, port } = new URL(url)
    const count = await connections()
    const cut = async () => {
      const socket = connect(Number(port), '127.0.0.1')
      socket.on('error', () => {})
      socket.write(rawRequest(`GET ${pathname}${search}`, {}))
      await new Promise((resolve) => socket.once('data', resolve))
      socket.destroy()
    }
    for (let round = 0; round < 10; round++) await Promise.all(Array.from({ length: 20 }, cut))
    await backTo(count)
    expect((await fetch(url)).status).toBe(200)
  })
})
