import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, connect, createServer, type Socket as TcpSocket } from 'node:net'
import { Server, type ServerOptions, type Socket } from 'socket.io'

export const socketPath = '/v1/socket'

export interface TestServer {
  io: Server
  port: number
  url: string
  /** The next socket that gets in. */
  joined: () => Promise<Socket>
  stop: () => Promise<void>
}

/** A Socket.IO server of the package that we run, on a port of its own or on a given one. */
export async function serve(options: Partial<ServerOptions> = {}, port = 0): Promise<TestServer> {
  const http = createHttpServer()
  const io = new Server(http, { path: socketPath, serveClient: false, ...options })
  http.listen(port, '127.0.0.1')
  await once(http, 'listening')
  const taken = (http.address() as AddressInfo).port
  return {
    io,
    port: taken,
    url: `http://127.0.0.1:${taken}`,
    joined: () => new Promise((resolve) => io.once('connection', resolve)),
    stop: () => io.close(),
  }
}

export interface Link {
  url: string
  /** Cuts every connection, as a network does. */
  cut: () => void
  /** Lets nothing more through, and says nothing about it. */
  freeze: () => void
  close: () => Promise<void>
}

/** A wire between client and server. */
export async function wire(port: number): Promise<Link> {
  const ends = new Set<TcpSocket>()
  let frozen = false
  const keep = (end: TcpSocket, other: TcpSocket) => {
    ends.add(end)
    end.on('error', () => end.destroy())
    end.on('data', (data) => {
      if (!frozen) other.write(data)
    })
    end.on('close', () => {
      ends.delete(end)
      if (!frozen) other.destroy()
    })
  }
  const cut = () => {
    for (const end of ends) end.destroy()
  }
  const proxy = createServer((client) => {
    const server = connect(port, '127.0.0.1')
    keep(client, server)
    keep(server, client)
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    cut,
    freeze: () => {
      frozen = true
    },
    close: async () => {
      cut()
      proxy.close()
      await once(proxy, 'close')
    },
  }
}
