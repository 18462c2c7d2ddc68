import { signal } from '@preact/signals-core'
import { afterEach, expect, test, vi } from 'vitest'
import { alone } from './lock.ts'
import { joinTabs, type Word } from './tabs.ts'

let count = 0
const left: (() => void)[] = []
afterEach(() => {
  for (const leave of left.splice(0)) leave()
})

/** Tabs of one customer: Node has the same locks and channels, within one process. */
function browser() {
  const name = `tabs-${++count}`
  return (seen = true) => {
    const visible = signal(seen)
    const heard: Word[] = []
    const state = { leads: false }
    const tabs = joinTabs({
      name,
      visible,
      hear: (word) => heard.push(word),
      lead: () => {
        state.leads = true
        return () => {
          state.leads = false
        }
      },
    })
    left.push(tabs.leave)
    return { ...tabs, state, visible, heard }
  }
}
const leading = (...tabs: { state: { leads: boolean } }[]) => tabs.map(({ state }) => state.leads)

test('who comes into view leads, alone; who leaves gives it on', async () => {
  const open = browser()
  const first = open()
  await expect.poll(() => leading(first)).toEqual([true])
  const second = open()
  await expect.poll(() => leading(first, second)).toEqual([false, true])
  const hidden = open(false)
  second.leave()
  await expect.poll(() => leading(first, second, hidden)).toEqual([true, false, false])
  first.visible.value = false
  first.visible.value = true
  expect(leading(first)).toEqual([true])
})

test('a leader out of view gives way to one in view, and leads on where there is none', async () => {
  const open = browser()
  const first = open(false)
  await expect.poll(() => leading(first)).toEqual([true])
  const second = open()
  await expect.poll(() => leading(first, second)).toEqual([false, true])
  first.visible.value = true
  await expect.poll(() => leading(first, second)).toEqual([true, false])
  first.visible.value = false
  await expect.poll(() => leading(first, second)).toEqual([false, true])
  second.visible.value = false
  first.leave()
  expect(leading(second)).toEqual([true])
})

test('words reach the others and not who says them', async () => {
  const open = browser()
  const [first, second] = [open(), open()]
  first.say({ type: 'state', state: 'live' })
  await expect.poll(() => second.heard).toContainEqual({ type: 'state', state: 'live' })
  expect(first.heard).not.toContainEqual({ type: 'state', state: 'live' })
  first.leave()
  first.say({ type: 'kept' })
})

test('a leader who says nothing between two looks is taken for dead; one who answers is not', async () => {
  const open = browser()
  const first = open()
  const silent = open()
  await expect.poll(() => leading(first, silent)).toEqual([false, true])
  first.look()
  await expect.poll(() => silent.heard.filter(({ type }) => type === 'hello')).toHaveLength(1)
  silent.say({ type: 'state', state: 'live' })
  await expect.poll(() => first.heard.at(-1)?.type).toBe('state')
  first.look()
  expect(leading(first, silent)).toEqual([false, true])
  first.look()
  await expect.poll(() => leading(first, silent)).toEqual([true, false])
})

test('without Web Locks every tab in view leads for itself', async () => {
  vi.stubGlobal('navigator', {})
  const open = browser()
  const [first, second] = [open(), open(false)]
  expect(leading(first, second)).toEqual([true, false])
  second.visible.value = true
  expect(leading(first, second)).toEqual([true, true])
  first.visible.value = false
  expect(leading(first, second)).toEqual([false, true])
  vi.unstubAllGlobals()
})

test('one at a time under a name; who holds it too long is not waited for, and a failure is told', async () => {
  const running: string[] = []
  let release = () => {}
  const first = alone('lane', () => new Promise<void>((resolve) => (release = resolve)))
  const second = alone('lane', async () => void running.push('second'))
  await alone('other lane', async () => void running.push('other'))
  expect(running).toEqual(['other'])
  await alone('lane', async () => void running.push('impatient'), 10)
  expect(running).toEqual(['other', 'impatient'])
  release()
  await Promise.all([first, second])
  expect(running).toEqual(['other', 'impatient', 'second'])
  await expect(alone('lane', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
})
