import { startApp } from './app.ts'
import { ConfigError, readConfig } from './config.ts'
import { DataDirInUse } from './db/pglite.ts'

/** Runs `start` until SIGTERM or SIGINT, then stops gracefully. What a person can mend is one line and exit code 1. */
export async function run(start: () => Promise<{ close(): Promise<void> }>): Promise<void> {
  try {
    const running = await start()
    let stopping = false
    const stop = () => {
      if (stopping) return
      stopping = true
      running.close().then(
        () => process.exit(0),
        (err: unknown) => fail(err),
      )
    }
    process.on('SIGTERM', stop)
    process.on('SIGINT', stop)
  } catch (err) {
    fail(err)
  }
}

/** Ends the process with one readable line, or for a fault of ours with its stack. */
export function fail(err: unknown): never {
  process.stderr.write(`${readable(err)}\n`)
  process.exit(1)
}

function readable(err: unknown): string {
  if (err instanceof ConfigError || err instanceof DataDirInUse) return err.message
  if (err instanceof Error && 'code' in err && err.code === 'EADDRINUSE') return `PORT: something else listens there already (${err.message}).`
  return err instanceof Error ? (err.stack ?? err.message) : String(err)
}

if (import.meta.main) {
  await run(async () => {
    const config = readConfig(process.env)
    if (config.demo) throw new ConfigError('DEMO: the demo is started with npm start.')
    const app = await startApp(config)
    process.stdout.write(`Ready: ${config.publicUrl}\n`)
    return app
  })
}
