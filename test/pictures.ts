import { mkdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { client } from './support/client.ts'
import { furnish, type LookOfPage, looks, play, scenes, update } from './support/scenes.ts'
import { type Stack, startStack } from './support/stack.ts'

/**
 * `npm run pictures`: every screen and state of the widget in light and dark, in both directions, on desktop and telephone, as PNG files in test/output/pictures, with one
 * sheet for each look; the desk; and the README's picture. Names after `--` make those scenes alone.
 */
const folder = fileURLToPath(new URL('./output/pictures/', import.meta.url))
const image = (name: string) => `data:image/png;base64,${readFileSync(`${folder}${name}.png`, 'base64')}`

async function take(page: Page, name: string): Promise<void> {
  await page.waitForTimeout(400)
  await page.screenshot({ path: `${folder}${name}.png` })
}

/** All scenes in one look, and the sheet of them. */
async function widgetPictures(stack: Stack, look: LookOfPage, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const page = await play(stack, name, look)
    // Scenes are played by English names; what a language with its own texts looks like is seen here.
    if (look.dir === 'rtl') await update(page, { locale: 'ar', strings: {} })
    await take(page, `${name}-${look.name}`)
    await page.context().close()
  }
  const wide = look.context.viewport.width > 600
  const sheet = await stack.browser.newPage({ viewport: { width: 1720, height: 800 } })
  // Of a wide page the corner with the drawer is enough.
  const size = wide ? 'width:420px;height:720px;object-fit:cover;object-position:100% 100%' : 'width:335px'
  const figures = names.map(
    (name) => `<figure style="margin:0"><figcaption>${name}</figcaption><img src="${image(`${name}-${look.name}`)}" style="${size}"></figure>`,
  )
  await sheet.setContent(`<body style="margin:8px;font:14px sans-serif;display:flex;flex-wrap:wrap;gap:8px;background:#ccc">${figures.join('')}`)
  await sheet.screenshot({ path: `${folder}sheet-${look.name}.png`, fullPage: true })
  await sheet.close()
}

/** The README's picture: the customer's side and the desk's, of the same moment. */
async function pair(stack: Stack, look: LookOfPage): Promise<void> {
  await client(stack.url, stack.running.demo.adminKey).call('agentUpdateApp', { body: { settings: { office_hours: null } } })
  const desk = await stack.browser.newPage({ viewport: { width: 1280, height: 800 } })
  await desk.goto(`${stack.url}/desk/`)
  await desk.getByText('Payment not received').first().click()
  await desk.getByText('Found it').first().waitFor()
  await take(desk, 'desk-thread')
  // By now the customer has read it all, and somebody is there.
  const widget = await play(stack, 'thread', look)
  await take(widget, 'thread-read')
  await widget.context().close()
  await desk.close()
  const page = await stack.browser.newPage({ viewport: { width: 1800, height: 610 } })
  await page.setContent(`<body style="margin:0;padding:24px;display:flex;gap:24px;background:#e7e5e0;box-sizing:border-box">
    ${['thread-read', 'desk-thread'].map((name) => `<img src="${image(name)}" style="width:864px;border-radius:10px;box-shadow:0 4px 18px #0003">`).join('')}`)
  await page.screenshot({ path: fileURLToPath(new URL('../demo/picture.png', import.meta.url)) })
  await page.close()
}

mkdirSync(folder, { recursive: true })
const wanted = process.argv.slice(2)
const names = wanted.length > 0 ? wanted : Object.keys(scenes)
for (const [at, look] of looks.entries()) {
  // Of its own for each look: what has been looked at is not unread any more.
  const stack = await startStack({ SMTP_URL: 'smtp://127.0.0.1:1', MAIL_FROM: 'support@kilnshare.example', RATE_LIMITS: 'off' })
  await furnish(stack)
  await widgetPictures(stack, look, names)
  if (at === 0 && wanted.length === 0) await pair(stack, look)
  await stack.stop()
}
process.stdout.write(`Pictures: ${folder}\n`)
