import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'

/** What becomes of a request: it never arrives, its answer is lost after the server has acted on it, or nothing happens to it. */
export type Fate = 'fail' | 'drop' | 'pass'

/** A bad network between browser and server. */
export interface BadNetwork {
  url: string
  /** Asked for each request. */
  fate: (req: IncomingMessage) => Fate
  /** Added to each answer, milliseconds. */
  latency: number
  /** WebSockets that are open now, and how many there have been at most at a time since it was last set. */
  sockets: { now: number; most: number }
  /** Requests so far, as `METHOD /path`. */
  seen: string[]
  stop(): Promise<void>
}

/** Forwards HTTP and WebSockets to a port of this machine, where something may listen or not. */
export async function startProxy(port: number): Promise<BadNetwork> {
  const ends = new Set<Socket>()
  const server = createServer((req, res) => void forward(req, res))
  server.on('connection', (socket) => {
    ends.add(socket)
    socket.once('close', () => ends.delete(socket))
  })
  const proxy: BadNetwork = {
    url: '',
    fate: () => 'pass',
    latency: 0,
    sockets: { now: 0, most: 0 },
    seen: [],
    async stop() {
      for (const end of ends) end.destroy()
      server.close()
      await once(server, 'close')
    },
  }

  async function forward(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const fate = req.method === 'OPTIONS' ? 'pass' : proxy.fate(req)
    proxy.seen.push(`${req.method} ${req.url?.split('?')[0]}`)
    const cut = () => void req.socket.destroy()
    if (fate === 'fail') return cut()
    const { method, url: path, headers } = req
    const onward = request({ host: '127.0.0.1', port, method, path, headers }, async (answer) => {
      const chunks: Buffer[] = []
      for await (const chunk of answer) chunks.push(chunk as Buffer)
      if (proxy.latency > 0) await new Promise((resolve) => setTimeout(resolve, proxy.latency))
      if (fate === 'drop') return cut()
      res.writeHead(answer.statusCode ?? 502, answer.headers)
      res.end(Buffer.concat(chunks))
    })
    onward.on('error', cut)
    req.pipe(onward)
  }

  server.on('upgrade', (req: IncomingMessage, socket: Socket, head: Buffer) => {
    const onward = connect(port, '127.0.0.1')
    const { sockets } = proxy
    sockets.now++
    sockets.most = Math.max(sockets.most, sockets.now)
    socket.once('close', () => {
      sockets.now--
      onward.destroy()
    })
    onward.once('close', () => socket.destroy())
    for (const end of [socket, onward]) end.on('error', () => end.destroy())
    const lines = Array.from({ length: req.rawHeaders.length / 2 }, (_, at) => `${req.rawHeaders[2 * at]}: ${req.rawHeaders[2 * at + 1]}`)
    onward.write(`${req.method} ${req.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
    onward.write(head)
    onward.pipe(socket).pipe(onward)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  proxy.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return proxy
}
