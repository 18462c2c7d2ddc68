import { connect } from 'node:net'
import { type Answer, request } from './client.ts'

type Bytes = string | Buffer | readonly (string | Buffer)[]

interface RawOptions {
  /** Ends the exchange before the server does. */
  enough?(text: string): boolean
  /** Called when the first bytes have been written, to write more. */
  written?(write: (more: string) => void): void
}

/** Writes bytes to the server's port and answers all that it says until it closes: for what no HTTP client would send. */
export function rawText(url: string, bytes: Bytes, { enough, written }: RawOptions = {}): Promise<string> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname)
    let text = ''
    const done = () => {
      socket.destroy()
      resolve(text)
    }
    socket.setEncoding('latin1')
    socket.on('data', (chunk) => {
      text += chunk
      if (enough?.(text)) done()
    })
    socket.on('end', done)
    // A server that refuses while we still write may reset: what it said before counts.
    socket.on('error', done)
    const parts = [bytes].flat()
    for (const [i, part] of parts.entries()) socket.write(part, () => i === parts.length - 1 && written?.((more) => socket.write(more)))
  })
}

/** The same, up to the first whole answer. */
export async function rawExchange(url: string, bytes: Bytes): Promise<Answer> {
  const text = await rawText(url, bytes, { enough: (sofar) => parse(sofar) !== null })
  const answer = parse(text)
  if (!answer) throw new Error(`no whole answer: ${text.slice(0, 500)}`)
  return answer
}

function parse(text: string): Answer | null {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return null
  const [line = '', ...lines] = text.slice(0, end).split('\r\n')
  const headers = new Headers(lines.map((one) => [one.slice(0, one.indexOf(':')), one.slice(one.indexOf(':') + 1).trim()] as [string, string]))
  const length = Number(headers.get('content-length') ?? 0)
  if (text.length < end + 4 + length) return null
  const body = Buffer.from(text.slice(end + 4, end + 4 + length), 'latin1').toString()
  const json = /json/.test(headers.get('content-type') ?? '') && body !== ''
  return { status: Number(line.split(' ')[1]), headers, text: body, body: json ? JSON.parse(body) : undefined }
}

/** An HTTP/1.1 request as bytes; the connection ends with its answer if `headers` do not say otherwise. */
export function rawRequest(line: string, headers: Record<string, string>, body: string | Buffer = ''): Buffer {
  const head = Object.entries({ Host: 'localhost', Connection: 'close', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.concat([Buffer.from(`${line} HTTP/1.1\r\n${head.join('')}\r\n`, 'latin1'), Buffer.from(body)])
}

/** The text of an answer without what differs between any two: the request id. */
export const withoutId = (answer: Answer) => answer.text.replace(/urn:uuid:[\da-f-]{36}/, 'urn:uuid:id')

/** Sends a JSON text as it stands. */
export function sendText(url: string, token: string, body: BodyInit, headers: Record<string, string> = {}, method = 'POST'): Promise<Answer> {
  return request(url, { method, headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', ...headers }, body })
}
