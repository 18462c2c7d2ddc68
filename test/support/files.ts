import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { crc32, deflateSync } from 'node:zlib'
import type { Attachment } from '@support-widget/shared/attachment.ts'
import { type Answer, request } from './client.ts'
import type { TestServer } from './server.ts'

/** Small files of every kind, made here byte by byte. */

const u32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
const u16 = (value: number) => u32(value).subarray(2)
const le32 = (value: number) => Buffer.from(u32(value)).reverse()
const le16 = (value: number) => Buffer.from(u16(value)).reverse()
const latin = (text: string) => Buffer.from(text, 'latin1')

function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([latin(type), data])
  return Buffer.concat([u32(data.length), body, u32(crc32(body))])
}

/** A grey picture; its pixels are there only if it is small. */
export function png(width = 4, height = 3): Buffer {
  const pixels = width * height <= 10_000 ? Buffer.alloc(height * (width + 1), 0) : Buffer.alloc(1)
  return Buffer.concat([
    latin('\x89PNG\r\n\x1a\n'),
    pngChunk('IHDR', Buffer.concat([u32(width), u32(height), Buffer.from([8, 0, 0, 0, 0])])),
    pngChunk('IDAT', deflateSync(pixels)),
    pngChunk('IEND', Buffer.alloc(0)),
  ])
}

/** A header that says how large it is; orientation 6 lies on its side. */
export function jpeg(width = 6, height = 5, orientation?: number): Buffer {
  const tiff = Buffer.concat([latin('MM\0*'), u32(8), u16(1), u16(0x0112), u16(3), u32(1), u16(orientation ?? 1), u16(0), u32(0)])
  const exif = Buffer.concat([latin('Exif\0\0'), tiff])
  const segment = (marker: number, data: Buffer) => Buffer.concat([Buffer.from([0xff, marker]), u16(data.length + 2), data])
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xe0, Buffer.concat([latin('JFIF\0'), Buffer.from([1, 1, 0, 0, 1, 0, 1, 0, 0])])),
    ...(orientation === undefined ? [] : [segment(0xe1, exif)]),
    segment(0xc0, Buffer.concat([Buffer.from([8]), u16(height), u16(width), Buffer.from([1, 1, 0x11, 0])])),
    Buffer.from([0xff, 0xd9]),
  ])
}

export const gif = (width = 7, height = 2) =>
  Buffer.concat([
    latin('GIF89a'),
    le16(width),
    le16(height),
    Buffer.from([0, 0, 0, 0x2c, 0, 0, 0, 0]),
    le16(width),
    le16(height),
    Buffer.from([0, 2, 1, 0, 0, 0x3b]),
  ])

export function webp(width = 8, height = 9): Buffer {
  const data = Buffer.concat([Buffer.from([0x10, 0, 0, 0]), le32(width - 1).subarray(0, 3), le32(height - 1).subarray(0, 3)])
  const body = Buffer.concat([latin('WEBPVP8X'), le32(data.length), data])
  return Buffer.concat([latin('RIFF'), le32(body.length), body])
}

const box = (type: string, ...content: Buffer[]) => {
  const data = Buffer.concat(content)
  return Buffer.concat([u32(data.length + 8), latin(type), data])
}
const ftyp = (brand: string, ...compatible: string[]) => box('ftyp', latin(brand), u32(0), ...compatible.map(latin))

/** The first item has the first property. */
const ipma = box('ipma', u32(0), u32(1), u16(1), Buffer.from([1, 1]))

/** AVIF or HEIC: an ISO base media file with the size in `ispe`. */
export const heif = (brand: 'avif' | 'heic', width = 10, height = 11) =>
  Buffer.concat([
    ftyp(brand, 'mif1', brand),
    box('meta', u32(0), box('pitm', u32(0), u16(1)), box('iprp', box('ipco', box('ispe', u32(0), u32(width), u32(height))), ipma)),
    box('mdat', Buffer.alloc(16)),
  ])

export const mp4 = () => Buffer.concat([ftyp('isom', 'isom', 'mp42'), box('mdat', Buffer.alloc(16))])
export const mov = () => Buffer.concat([ftyp('qt  ', 'qt  '), box('mdat', Buffer.alloc(16))])
/** MPEG-1 layer III, 128 kbit/s, 44.1 kHz: 417 bytes a frame. */
export const mp3 = () => Buffer.concat([1, 2, 3].map(() => Buffer.concat([Buffer.from([0xff, 0xfb, 0x90, 0x00]), Buffer.alloc(413)])))
export const pdf = () => latin('%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n')

/** An archive of stored files. */
export function zip(entries: Record<string, string | Buffer>): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const [name, content] of Object.entries(entries)) {
    const data = Buffer.from(content)
    const common = Buffer.concat([
      le16(20),
      le16(0),
      le16(0),
      le16(0),
      le16(0x21),
      le32(crc32(data)),
      le32(data.length),
      le32(data.length),
      le16(name.length),
    ])
    const local = Buffer.concat([latin('PK\x03\x04'), common, le16(0), latin(name), data])
    directory.push(Buffer.concat([latin('PK\x01\x02'), le16(20), common, le16(0), le16(0), le16(0), le16(0), le32(0), le32(offset), latin(name)]))
    parts.push(local)
    offset += local.length
  }
  const central = Buffer.concat(directory)
  const count = le16(directory.length)
  return Buffer.concat([...parts, central, latin('PK\x05\x06'), le16(0), le16(0), count, count, le32(central.length), le32(offset), le16(0)])
}

/** An Office file; LibreOffice writes the list of its types last. */
export const office = (main: string, typesLast = false) => {
  const types = { '[Content_Types].xml': `<?xml version="1.0"?><Types><Override PartName="/main.xml" ContentType="${main}.main+xml"/></Types>` }
  const content = { 'main.xml': '<main/>' }
  return zip(typesLast ? { ...content, ...types } : { ...types, ...content })
}
export const officeTypes = {
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
}

export interface Part {
  /** The whole Content-Disposition, or the parts of it. */
  disposition?: string
  name?: string
  filename?: string | Buffer
  type?: string
  bytes: Buffer | string
}

/** A multipart body as browsers write it. */
export function multipart(parts: Part[]): { body: Buffer; type: string } {
  const boundary = `----part${randomBytes(12).toString('hex')}`
  const chunks = parts.flatMap((part) => {
    const filename = part.filename === undefined ? [] : [latin('; filename="'), Buffer.from(part.filename), latin('"')]
    const head = part.disposition === undefined ? [latin(`form-data; name="${part.name ?? 'file'}"`), ...filename] : [latin(part.disposition)]
    const type = part.type === undefined ? '' : `Content-Type: ${part.type}\r\n`
    return [latin(`--${boundary}\r\nContent-Disposition: `), ...head, latin(`\r\n${type}\r\n`), Buffer.from(part.bytes), latin('\r\n')]
  })
  return { body: Buffer.concat([...chunks, latin(`--${boundary}--\r\n`)]), type: `multipart/form-data; boundary=${boundary}` }
}

export const uploadPath = { customer: '/v1/support/attachments', agent: '/v1/admin/support/attachments' }

/** Sends these parts as an upload. */
export function sendParts(
  server: TestServer,
  token: string,
  parts: Part[],
  headers: Record<string, string> = {},
  path = uploadPath.customer,
): Promise<Answer> {
  const { body, type } = multipart(parts)
  return request(server.url + path, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': type, ...headers },
    body: new Uint8Array(body),
  })
}

/** Uploads a file that must be taken. */
export async function upload(
  server: TestServer,
  token: string,
  bytes: Buffer | string = 'Some text\n',
  filename: string | Buffer = 'note.txt',
  options: { agent?: boolean; type?: string } = {},
): Promise<Attachment> {
  const part: Part = { bytes, filename, type: options.type ?? 'application/octet-stream' }
  const answer = await sendParts(server, token, [part], {}, uploadPath[options.agent ? 'agent' : 'customer'])
  if (answer.status !== 201) throw new Error(`an upload was answered ${answer.status}: ${answer.text}`)
  return answer.body as Attachment
}

/** Everything that the server's storage holds, temporary files too. */
export function storedFiles(server: TestServer): string[] {
  try {
    return readdirSync(join(server.config.dataDir, 'files'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name)
      .sort()
  } catch {
    return []
  }
}
