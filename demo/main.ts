import { startApp } from '@support-widget/server/app.ts'
import { readConfig } from '@support-widget/server/config.ts'
import { run } from '@support-widget/server/main.ts'
import { startDemo } from './start.ts'

await run(async () => {
  const config = readConfig({ DEMO: '1', ...process.env })
  const running = config.demo ? await startDemo(config) : await startApp(config)
  if ('hostUrl' in running) process.stdout.write(`Host app: ${running.hostUrl}   Agent desk: ${config.publicUrl}/desk\n`)
  process.stdout.write(`Ready: ${config.publicUrl}\n`)
  return running
})
