import type { Server } from 'node:http'
import { type AppOptions, type RunningApp, startApp } from '@support-widget/server/app.ts'
import type { Config } from '@support-widget/server/config.ts'
import { createHost } from './host/host.ts'
import { mountDemo } from './routes.ts'
import { type Demo, seedDemo } from './seed.ts'

export interface RunningDemo {
  app: RunningApp
  demo: Demo
  hostUrl: string
  close(): Promise<void>
}

const userTokenSeconds = 30 * 60

/** Starts the server with the demo app in it, and the host app on the next port: another origin, as users have it. */
export async function startDemo(config: Config, options: AppOptions = {}): Promise<RunningDemo> {
  const hostPort = config.port + 1
  const { hostname } = new URL(config.publicUrl)
  const hostUrl = `http://${hostname}:${hostPort}`
  let demo: Demo | undefined
  const app = await startApp(config, {
    ...options,
    extend: async (core) => {
      const seeded = await seedDemo(core, config.secretKeys[0], [
        ...new Set([hostUrl, `http://localhost:${hostPort}`, `http://127.0.0.1:${hostPort}`]),
      ])
      demo = seeded
      return (router) => mountDemo(router, seeded, hostUrl)
    },
  })
  if (!demo) throw new Error('the demo was not seeded')
  const { appId, sign } = demo
  const host = createHost({
    serverUrl: config.publicUrl,
    appId,
    signToken: ({ id, name, email }) => sign(id, 'customer', userTokenSeconds, { name, email }),
  })
  const listening = await listen(host.listen.bind(host), hostPort, config.host).catch(async (err: unknown) => {
    await app.close()
    throw err
  })
  return {
    app,
    demo,
    hostUrl,
    async close() {
      listening.closeAllConnections()
      listening.close()
      await app.close()
    },
  }
}

function listen(start: (port: number, host: string) => Server, port: number, host: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = start(port, host)
    server.once('error', reject)
    server.once('listening', () => resolve(server))
  })
}
