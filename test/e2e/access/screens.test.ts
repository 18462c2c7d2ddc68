import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { furnish, looks, play, scenes, update } from '../../support/scenes.ts'
import { type Stack, startStack } from '../../support/stack.ts'

let stack: Stack
beforeAll(async () => {
  stack = await startStack({ SMTP_URL: 'smtp://127.0.0.1:1', MAIL_FROM: 'support@kilnshare.example', RATE_LIMITS: 'off' })
  await furnish(stack)
})
afterAll(() => stack.stop())

/** Each fault as its rule and where it is; of the widget alone, not of the page around it. */
async function faults(page: Page): Promise<string[]> {
  const { violations } = await page.evaluate(() => {
    const { axe: engine } = window as unknown as { axe: typeof axe }
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
    return engine.run('html > div', { runOnly: tags, resultTypes: ['violations'] })
  })
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id} at ${target.join(' ')}: ${failureSummary}`))
}

const [first] = looks
test.each(Object.keys(scenes))('A11Y-1: %s has no fault in any look', async (name) => {
  if (!first) throw new Error('no look')
  const page = await play(stack, name, first)
  await page.evaluate(axe.source)
  const found: string[] = []
  for (const { name: look, context, options, dir } of looks) {
    await page.setViewportSize(context.viewport)
    await page.emulateMedia({ colorScheme: context.colorScheme })
    await update(page, options)
    expect(await page.locator('.root').getAttribute('dir')).toBe(dir)
    found.push(...(await faults(page)).map((fault) => `${look}: ${fault}`))
    // Nothing runs out of the drawer to the side, at the width of a telephone and at that of 400 %.
    await page.setViewportSize({ width: 320, height: 640 })
    const wide = await page
      .locator('.panel, .panel > *, .body > *, .strip, .foot')
      .evaluateAll((boxes) => boxes.filter((one) => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 1).map((one) => one.className))
    found.push(...wide.map((one) => `${look}: too wide: ${one}`))
  }
  expect(found).toEqual([])
  await page.context().close()
})
