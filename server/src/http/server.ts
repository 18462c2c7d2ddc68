import { randomUUID } from 'node:crypto'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { Socket } from 'node:net'
import type { ErrorCode } from '@support-widget/shared/errors.ts'
import { errorCodes } from '@support-widget/shared/errors.ts'
import { limits } from '@support-widget/shared/limits.ts'
import { bareProblem } from '../present/problem.ts'

/** Node's HTTP server with our bounds: 16 KiB of headers within 10 s, ten minutes for a whole request (uploads; JSON bodies have 30 s of their own). */
export function createHttpServer(listener: RequestListener): Server {
  const server = createServer(
    {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: 10_000,
      requestTimeout: 600_000,
      keepAliveTimeout: 65_000,
      connectionsCheckingInterval: 1_000,
      // Refused by the funnel, as a problem document.
      requireHostHeader: false,
    },
    listener,
  )
  server.on('clientError', refuseConnection)
  return server
}

const byNodeCode: Partial<Record<string, ErrorCode>> = { HPE_HEADER_OVERFLOW: 'headers_too_large', ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout' }

/** What Node itself refuses is answered in our form too: no route, no request id of a log line, so one of its own. */
function refuseConnection(err: NodeJS.ErrnoException, socket: Socket): void {
  if (err.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const code = byNodeCode[err.code ?? ''] ?? 'invalid_request'
  const requestId = randomUUID()
  const detail = code === 'invalid_request' ? 'The request is not HTTP that we understand.' : errorCodes[code].title
  const body = JSON.stringify(bareProblem(code, detail, requestId))
  const { status } = errorCodes[code]
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nContent-Type: application/problem+json\r\nX-Request-Id: ${requestId}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}
