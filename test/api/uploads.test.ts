import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import type { Attachment } from '@support-widget/shared/attachment.ts'
import { limits } from '@support-widget/shared/limits.ts'
import { codePoints } from '@support-widget/shared/tidy.ts'
import { describe, expect, test } from 'vitest'
import { keepsFree } from '../support/busy.ts'
import { type Answer, problemIn, request } from '../support/client.ts'
import { newApp } from '../support/factories.ts'
import * as files from '../support/files.ts'
import { multipart, type Part, sendParts, storedFiles, upload, uploadPath } from '../support/files.ts'
import { sharedServer } from '../support/server.ts'

async function setUp() {
  const server = await sharedServer()
  const app = await newApp(server)
  const token = await app.token('alice')
  const rows = () => server.app.core.orm.db().selectFrom('attachments').selectAll().where('app_id', '=', app.app.id).execute()
  const before = storedFiles(server)
  return {
    server,
    app,
    token,
    rows,
    send: (parts: Part[], headers?: Record<string, string>) => sendParts(server, token, parts, headers),
    upload: (bytes: Buffer | string, filename?: string | Buffer, type?: string) => upload(server, token, bytes, filename, type ? { type } : {}),
    /** Nothing was written of what has been refused. */
    async untouched() {
      expect(await rows()).toEqual([])
      expect(storedFiles(server)).toEqual(before)
    },
  }
}

const body = (answer: Answer) => answer.body as Attachment
const file = (bytes: Buffer | string, more: Partial<Part> = {}): Part => ({ bytes, filename: 'note.txt', type: 'text/plain', ...more })

describe('UPLOAD-1: an upload is exactly one part named "file"', () => {
  test('is answered with its attachment, and its bytes come back', async () => {
    const { server, send, rows } = await setUp()
    const bytes = files.png(40, 30)
    const answer = await send([{ bytes, filename: 'shot.png', type: 'image/png' }])
    expect(answer.status).toBe(201)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(body(answer)).toEqual({
      id: expect.stringMatching(/^[0-9A-Z]{26}$/),
      filename: 'shot.png',
      content_type: 'image/png',
      size: bytes.length,
      width: 40,
      height: 30,
      url: expect.stringMatching(new RegExp(`^${server.url}/v1/support/attachments/[0-9A-Z]{26}\\?exp=\\d+&sig=[\\w-]{43}$`)),
    })
    const got = await fetch(body(answer).url)
    expect(Buffer.from(await got.arrayBuffer()).equals(bytes)).toBe(true)
    expect(await rows()).toHaveLength(1)
  })

  test.each<[string, Part[]]>([
    ['no part', []],
    ['two files', [file('one'), file('two')]],
    ['a hundred files', Array.from({ length: 100 }, (_, at) => file(String(at)))],
    ['a field before the file', [{ name: 'subject', bytes: 'x' }, file('one')]],
    ['a field after the file', [file('one'), { name: 'subject', bytes: 'x' }]],
    ['a field alone', [{ name: 'file', bytes: 'x' }]],
    ['another name', [file('one', { name: 'upload' })]],
    ['an empty name', [file('one', { name: '' })]],
    ['no name', [file('one', { disposition: 'form-data; filename="a.txt"' })]],
    ['an index', [file('one', { name: 'a[99999999]' })]],
    ['a name of the prototype', [file('one', { name: '__proto__' })]],
    ['a field with an index', [{ name: 'a[99999999]', bytes: 'x' }]],
    ['another disposition', [file('one', { disposition: 'attachment; name="file"; filename="a.txt"' })]],
    ['an empty file', [file('')]],
    ['an empty file input', [file('', { filename: '', type: 'application/octet-stream' })]],
  ])('refuses %s', async (_, parts) => {
    const { send, untouched } = await setUp()
    const answer = await send(parts)
    expect(problemIn(answer)).toMatchObject({ status: 400, code: 'invalid_request' })
    await untouched()
  })

  test.each<[string, string, string | null, number]>([
    ['a boundary that never comes', 'nothing of the kind', 'multipart/form-data; boundary=x', 400],
    [
      'a body that ends too early',
      '--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nbytes',
      'multipart/form-data; boundary=x',
      400,
    ],
    ['a head that ends too early', '--x\r\nContent-Disposition: form-data', 'multipart/form-data; boundary=x', 400],
    ['no boundary', '--x--', 'multipart/form-data', 400],
    ['an empty boundary', '--x--', 'multipart/form-data; boundary=', 400],
    ['an enormous boundary', '--x--', `multipart/form-data; boundary=${'x'.repeat(5_000)}`, 400],
    ['JSON', '{}', 'application/json', 415],
    ['another multipart', '--x--', 'multipart/mixed; boundary=x', 415],
    ['a form', 'file=x', 'application/x-www-form-urlencoded', 415],
    ['plain text', 'x', 'text/plain', 415],
    ['nothing at all', '', null, 400],
  ])('refuses %s', async (_, text, type, status) => {
    const { server, token, untouched } = await setUp()
    const answer = await request(server.url + uploadPath.customer, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, ...(type ? { 'Content-Type': type } : {}) },
      body: text === '' ? null : text,
    })
    expect(problemIn(answer).status).toBe(status)
    await untouched()
  })

  test('refuses a compressed body', async () => {
    const { server, token, untouched } = await setUp()
    const { body: bytes, type } = multipart([file('x'.repeat(1000))])
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': type, 'Content-Encoding': 'gzip' }
    const answer = await request(server.url + uploadPath.customer, { method: 'POST', headers, body: new Uint8Array(gzipSync(bytes)) })
    expect(problemIn(answer)).toMatchObject({ status: 415, code: 'unsupported_media_type' })
    await untouched()
  })

  test('needs a credential of the right kind', async () => {
    const { server, app, untouched } = await setUp()
    const status = async (token: string, path: string) => (await sendParts(server, token, [file('x')], {}, path)).status
    expect(await status('nobody', uploadPath.customer)).toBe(401)
    expect(await status(await app.token('alice'), uploadPath.agent)).toBe(403)
    expect(await status(app.adminKey, uploadPath.customer)).toBe(403)
    await untouched()
    for (const token of [await app.token('sam', { role: 'agent' }), app.adminKey]) expect(await status(token, uploadPath.agent)).toBe(201)
    expect(await status(await app.partnerKey('firm'), uploadPath.customer)).toBe(201)
  })

  test('once for each Idempotency-Key; the second file is not kept', async () => {
    const { server, send, rows } = await setUp()
    const key = { 'Idempotency-Key': 'k1' }
    const first = await send([file('the same')], key)
    const count = storedFiles(server).length
    const again = await send([file('the same')], key)
    expect([first.status, again.status]).toEqual([201, 201])
    expect(body(again)).toEqual(body(first))
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    for (const other of [file('not the same'), file('the same', { filename: 'other.txt' })]) {
      expect(problemIn(await send([other], key))).toMatchObject({ status: 422, code: 'idempotency_key_reused' })
    }
    expect(await rows()).toHaveLength(1)
    expect(storedFiles(server)).toHaveLength(count)
    expect(problemIn(await send([file('x')], { 'Idempotency-Key': 'é' })).status).toBe(400)
  })

  test('equal keys in parallel keep one file', async () => {
    const { server, send, rows } = await setUp()
    const count = storedFiles(server).length
    const answers = await Promise.all(Array.from({ length: 10 }, () => send([file('the same')], { 'Idempotency-Key': 'k2' })))
    expect(answers.every(({ status }) => status === 201 || status === 409)).toBe(true)
    expect(new Set(answers.filter(({ status }) => status === 201).map((answer) => body(answer).id)).size).toBe(1)
    expect(await rows()).toHaveLength(1)
    expect(storedFiles(server)).toHaveLength(count + 1)
  })
})

describe('UPLOAD-2: a file says itself what it is', () => {
  const { docx, xlsx, pptx } = files.officeTypes
  test.each<[string, Buffer | string, string, [number, number]?]>([
    ['a.png', files.png(4, 3), 'image/png', [4, 3]],
    ['a.jpg', files.jpeg(6, 5), 'image/jpeg', [6, 5]],
    ['lying.jpg', files.jpeg(6, 5, 6), 'image/jpeg', [5, 6]],
    ['a.gif', files.gif(7, 2), 'image/gif', [7, 2]],
    ['a.webp', files.webp(8, 9), 'image/webp', [8, 9]],
    ['a.avif', files.heif('avif', 10, 11), 'image/avif', [10, 11]],
    ['a.heic', files.heif('heic', 12, 13), 'image/heic', [12, 13]],
    ['a.pdf', files.pdf(), 'application/pdf'],
    ['a.zip', files.zip({ 'a.txt': 'a' }), 'application/zip'],
    ['page.zip', files.zip({ 'index.html': '<html></html>' }), 'application/zip'],
    ['a.docx', files.office(docx), docx],
    ['a.xlsx', files.office(xlsx), xlsx],
    ['a.pptx', files.office(pptx), pptx],
    ['types-last.docx', files.office(docx, true), docx],
    ['a.mp4', files.mp4(), 'video/mp4'],
    ['a.mov', files.mov(), 'video/quicktime'],
    ['a.mp3', files.mp3(), 'audio/mpeg'],
    ['a.txt', 'Grüße, 你好\n', 'text/plain'],
    ['a.log', '\x1b[31mred\x1b[0m\tline\r\n', 'text/plain'],
    ['a.csv', '\ufeffa;b\n1;2\n', 'text/csv'],
    ['A.JSON', '{"a": 1}', 'application/json'],
  ])('%s', async (filename, bytes, contentType, size) => {
    const { upload } = await setUp()
    const [width, height] = size ?? [null, null]
    // The declared type is never believed: here it is always a lie.
    expect(await upload(Buffer.from(bytes), filename, 'text/html')).toMatchObject({ filename, content_type: contentType, width, height })
  })

  const svg = '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script><foreignObject/></svg>'
  const gif = files.gif()
  test.each<[string, Buffer | string]>([
    ['page.png', '<!doctype html><script>alert(1)</script>'],
    ['image.svg', svg],
    ['image.png', `<?xml version="1.0"?>\n${svg}`],
    ['svg.txt', `\ufeff  \n${svg}`],
    ['comment.txt', `<!-- hello -->${svg}`],
    ['late.txt', `Some words first. ${svg}`],
    ['image.svgz', gzipSync(svg)],
    ['page.xhtml', '<html xmlns="http://www.w3.org/1999/xhtml"/>'],
    ['page.mht', 'MIME-Version: 1.0\nContent-Type: multipart/related\n\n'],
    ['script.js', 'alert(1)'],
    ['setup.png', Buffer.concat([Buffer.from('MZ'), Buffer.alloc(200)])],
    ['zero.txt', 'a\0b'],
    ['latin.txt', Buffer.from('Gr\xfc\xdfe', 'latin1')],
    ['cut.txt', Buffer.from('Grüß').subarray(0, 5)],
    ['utf16.txt', Buffer.from('\ufeffhello', 'utf16le')],
    ['no-extension', 'plain words'],
    ['random.png', randomBytes(5_000)],
    ['headless.png', files.png().subarray(0, 20)],
    ['gif-js.gif', Buffer.concat([Buffer.from('GIF89a/*'), gif.subarray(8), Buffer.from('*/=1;alert(1)')])],
    ['gif-name.gif', Buffer.concat([Buffer.from('GIF89a=1'), gif.subarray(8), Buffer.from(';alert(1)')])],
    ['jpeg-js.jpg', Buffer.concat([Buffer.from('ffd8ffe02f2a', 'hex'), Buffer.alloc(12_072), files.jpeg().subarray(20), Buffer.from('*/=alert(1)')])],
    ['webp-js.webp', Buffer.concat([Buffer.from('RIFF/*\0\0'), files.webp().subarray(8), Buffer.from('*/=alert(1)')])],
    ['pdf-zip.pdf', Buffer.concat([files.pdf(), files.zip({ 'a.txt': 'a' })])],
    ['zip-pdf.zip', files.zip({ 'a.txt': String(files.pdf()) })],
    ['png-zip.png', Buffer.concat([files.png(), files.zip({ 'a.txt': 'a' })])],
    ['gif-html.gif', Buffer.concat([gif, Buffer.from('<script>alert(1)</script>')])],
    ['pdf-html.pdf', Buffer.concat([files.pdf(), Buffer.from('<script >alert(1)</script>')])],
  ])('C71, C74, C75: %s is bytes and nothing else', async (filename, bytes) => {
    const { upload } = await setUp()
    const attachment = await upload(Buffer.from(bytes), filename, 'image/png')
    expect(attachment).toMatchObject({ filename, content_type: 'application/octet-stream', width: null, height: null })
    const got = await fetch(attachment.url)
    expect(got.headers.get('content-disposition')).toBe(`attachment; filename=${filename}`)
    expect(Buffer.from(await got.arrayBuffer()).equals(Buffer.from(bytes))).toBe(true)
  })

  test('C77: a picture of too many pixels is refused by its header', async () => {
    const { send, upload, untouched } = await setUp()
    for (const [bytes, filename] of [
      [files.png(50_000, 50_000), 'flood.png'],
      [files.png(50_000_001, 1), 'line.png'],
      [files.jpeg(65_535, 65_535), 'flood.jpg'],
      [files.gif(65_535, 65_535), 'flood.gif'],
      [files.webp(16_384, 16_384), 'flood.webp'],
      [files.jpeg(1_000, 65_535, 6), 'lying.jpg'],
      [files.heif('avif', 50_000, 50_000), 'flood.avif'],
      [files.heif('heic', 2 ** 31, 2 ** 31), 'flood.heic'],
    ] as const) {
      const problem = problemIn(await send([{ bytes, filename }]))
      expect(problem, filename).toMatchObject({ status: 400, code: 'invalid_request', errors: [{ location: 'body.file' }] })
    }
    await untouched()
    expect(await upload(files.png(50_000_000, 1), 'widest.png')).toMatchObject({ width: 50_000_000, height: 1 })
    expect(await upload(files.png(0, 5), 'nothing.png')).toMatchObject({ content_type: 'application/octet-stream' })
  })

  test('no file keeps the process busy', async () => {
    const { upload } = await setUp()
    const packed = gzipSync(Buffer.alloc(2 ** 26))
    const hard: [string, Buffer][] = [
      ['markers.jpg', Buffer.concat([Buffer.from('ffd8ffe00010', 'hex'), Buffer.alloc(2 ** 20, 0x01)])],
      ['filled.jpg', Buffer.concat([Buffer.from('ffd8', 'hex'), Buffer.alloc(2 ** 20, 0xff)])],
      ['short.jpg', Buffer.concat([Buffer.from('ffd8', 'hex'), Buffer.alloc(2 ** 20, Buffer.from('ffe00000', 'hex'))])],
      ['boxes.heic', Buffer.concat([files.heif('heic').subarray(0, 24), Buffer.alloc(2 ** 20, Buffer.from('0000000866726565', 'hex'))])],
      ['bomb.gz', packed],
      ['tiff.tif', Buffer.concat([Buffer.from('II*\0\x08\0\0\0', 'latin1'), Buffer.alloc(2 ** 20, 0xff)])],
      ['many.zip', files.zip(Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [`f${at}`, ''])))],
      ['id3.mp3', Buffer.concat([Buffer.from('ID3\x03\0\0\x7f\x7f\x7f\x7f', 'latin1'), Buffer.alloc(2 ** 20)])],
    ]
    for (const [filename, bytes] of hard) await keepsFree(500, () => upload(bytes, filename), filename)
  })
})

describe('UPLOAD-3: names', () => {
  const long = `${'n'.repeat(4_000)}.png`
  test.each<[string, string | Buffer, string]>([
    ['a path', '../../x', 'x'],
    ['an encoded path', '..%2f', 'file'],
    ['an encoded path with a name', '..%2F..%5cx.txt', 'x.txt'],
    ['a Windows path', 'C:\\x', 'x'],
    ['an absolute path', '/etc/passwd', 'passwd'],
    ['a mixed path', 'a\\..\\b/../c.txt', 'c.txt'],
    ['only dots', '..', 'file'],
    ['a device', 'CON', '_CON'],
    ['a device with an extension', 'nul.txt', '_nul.txt'],
    ['a numbered device', 'lpt1.', '_lpt1'],
    ['no device', 'console.txt', 'console.txt'],
    ['a trailing dot', 'page.html.', 'page.html'],
    ['trailing dots and blanks', 'a.txt. . ', 'a.txt'],
    ['a quote as browsers write it', 'say %22hi%22.txt', 'say "hi".txt'],
    ['a quote as others write it', 'say \\"hi\\".txt', 'say "hi".txt'],
    ['a line break as browsers write it', 'a%0D%0AX-Evil: 1.txt', 'aX-Evil: 1.txt'],
    ['control characters', 'a\x01\x1b[31m\x7f.txt', 'a[31m.txt'],
    ['a text that runs backwards', 'photo\u202egnp.exe', 'photognp.exe'],
    ['blanks', '   ', 'file'],
    ['invisible characters', '\u200b\u2060', 'file'],
    ['nothing', '', 'file'],
    ['4 KB', long, `${'n'.repeat(196)}.png`],
    ['4 KB of an extension', `a.${'x'.repeat(3_000)}`, `a.${'x'.repeat(198)}`],
    ['another script', 'Überweisung 你好 😀.pdf', 'Überweisung 你好 😀.pdf'],
    ['decomposed letters', 'u\u0308.txt', 'ü.txt'],
    ['markup', '<img src=x onerror=alert(1)>.txt', '<img src=x onerror=alert(1)>.txt'],
    ['a hidden file', '.htaccess', '.htaccess'],
    ['a property', '__proto__', '__proto__'],
    ['bytes that are no UTF-8', Buffer.from('a\xff.txt', 'latin1'), 'a\ufffd.txt'],
  ])('C72: %s', async (_, given, kept) => {
    const { server, send, upload } = await setUp()
    const before = new Set(storedFiles(server))
    const answer = await send([{ bytes: 'words', filename: given }])
    expect(answer.status, answer.text).toBe(201)
    expect(body(answer).filename).toBe(kept)
    expect(codePoints(kept)).toBeLessThanOrEqual(limits.filename)
    const made = storedFiles(server).filter((name) => !before.has(name))
    expect(made).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/)])
    const got = await fetch(body(answer).url)
    expect(got.status).toBe(200)
    const header = got.headers.get('content-disposition') ?? ''
    expect(header).toMatch(/^attachment; filename[*=]/)
    const extended = /filename\*=UTF-8''([^;]+)/.exec(header)?.[1]
    const plain = /filename="?((?:[^"\\]|\\.)*)"?/.exec(header)?.[1]?.replace(/\\(.)/g, '$1')
    expect(extended === undefined ? plain : decodeURIComponent(extended)).toBe(kept)
    await upload('still here')
  })

  test('C72: a NUL in a name never gets in', async () => {
    const { send } = await setUp()
    const answer = await send([{ bytes: 'words', filename: 'a\0b.txt' }])
    expect([201, 400]).toContain(answer.status)
    if (answer.status === 201) expect(body(answer).filename).toBe('ab.txt')
  })

  test('an extended name is understood', async () => {
    const { send } = await setUp()
    const disposition = `form-data; name="file"; filename*=UTF-8''%e4%bd%a0.txt`
    expect(body(await send([{ disposition, bytes: 'words' }])).filename).toBe('你.txt')
  })
})
