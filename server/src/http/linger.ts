import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'

/** Milliseconds: without a byte of the body the client is done, and no body is waited for longer than JSON may take. */
const quietMs = 1_000
const longestMs = 30_000

/**
 * The text at once, and its end when the client has sent the rest of its body, which is dropped as it comes. A connection that is closed while bytes arrive is reset, and most
 * clients then report that instead of the answer (RFC 9112 section 9.6).
 */
export const lingering = (req: IncomingMessage, text: string): Readable => Readable.from(textThenRest(req, text), { objectMode: false })

async function* textThenRest(req: IncomingMessage, text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text)
  await dropped(req)
}

/** Resolves at the end of the body, when nothing more of it comes, or when it took too long. */
function dropped(req: IncomingMessage): Promise<void> {
  if (req.complete || req.destroyed) return Promise.resolve()
  return new Promise((resolve) => {
    const quiet = setTimeout(done, quietMs)
    const longest = setTimeout(done, longestMs)
    const more = () => quiet.refresh()
    function done() {
      clearTimeout(quiet)
      clearTimeout(longest)
      req.off('data', more).off('end', done).off('close', done)
      resolve()
    }
    req.on('data', more).on('end', done).on('close', done).resume()
  })
}
