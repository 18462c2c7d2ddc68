import { startApp } from '@support-widget/server/app.ts'
import { readConfig } from '@support-widget/server/config.ts'
import { run } from '@support-widget/server/main.ts'

/** A process of its own: the server as it is, but it may call this machine, and its clock is AHEAD milliseconds ahead. */
await run(async () => {
  const { AHEAD = '0', ...env } = process.env
  const ahead = Number(AHEAD)
  const config = readConfig({ ...env, DEMO: '1' })
  const clock = { now: () => new Date(Date.now() + ahead), monotonic: () => performance.now() + ahead }
  const app = await startApp(config, { clock, connectionWaitMs: 30_000 })
  process.stdout.write(`Ready: ${config.publicUrl}\n`)
  return app
})
