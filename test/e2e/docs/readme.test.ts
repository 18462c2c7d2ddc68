import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type RunningDemo, startDemo } from '@support-widget/demo/start.ts'
import { readConfig } from '@support-widget/server/config.ts'
import { createLog } from '@support-widget/server/log.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { client } from '../../support/client.ts'
import { freePort } from '../../support/postgres.ts'

/** What README.md says can be typed, typed as it stands into bash, against the demo. */

const readme = readFileSync(fileURLToPath(new URL('../../../README.md', import.meta.url)), 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'support-readme-'))
let demo: RunningDemo
let url: string

beforeAll(async () => {
  const env = { DEMO: '1', PORT: String(await freePort()), LOG_LEVEL: 'silent', DATA_DIR: folder, SECRET_KEY: randomBytes(32).toString('base64') }
  const config = readConfig(env)
  demo = await startDemo(config, { inMemory: true, log: createLog('silent') })
  url = config.publicUrl
})
afterAll(async () => {
  await demo.close()
  rmSync(folder, { recursive: true })
})

/** The shell blocks under a heading, up to the next one. */
function blocksOf(heading: string): string[] {
  const [, section = ''] = readme.split(`\n### ${heading}\n`)
  const [own = ''] = section.split(/\n#+ /)
  return Array.from(own.matchAll(/```sh\n(.*?)```/gs), ([, block = '']) => block)
}

/** Runs blocks one after the other in one shell, as a reader would; any command that fails ends it. Answers what each printed. */
function typed(blocks: readonly string[]): Promise<{ code: number | null; out: string[]; err: string }> {
  const mark = `--- ${randomBytes(8).toString('hex')} ---`
  const shell = spawn('bash', ['-e', '-o', 'pipefail'], { cwd: folder, stdio: ['pipe', 'pipe', 'pipe'] })
  let [out, err] = ['', '']
  shell.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk
  })
  shell.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    err += chunk
  })
  shell.stdin.end(blocks.map((block) => block.replaceAll('http://localhost:3000', url)).join(`echo; echo '${mark}'\n`))
  return new Promise((resolve, reject) => {
    shell.once('error', reject)
    shell.once('close', (code) => resolve({ code, out: out.split(mark), err }))
  })
}

const walk = "A ticket's whole life, by curl"

test('README-1: the walk through a ticket’s life runs as it stands and leaves what it says', async () => {
  const blocks = blocksOf(walk)
  expect(blocks).toHaveLength(6)
  const { code, out, err } = await typed(blocks)
  expect([code, err]).toEqual([0, ''])
  const [, , worked = '', read = '', ended = '', taken = ''] = out
  expect(read).not.toContain('Mo, is E7')
  expect(read).toContain('That is the thermocouple')
  expect(worked).toContain('Mo, is E7 the thermocouple?')
  expect(ended).toContain('"status":"closed"')
  expect(taken).toMatch(/"field":"status","from":"resolved","to":"closed"/)
  const table = readFileSync(join(folder, 'tickets.csv'), 'utf8')
  expect(table).toMatch(/^\uFEFFid,number,subject/)
  expect(table.match(/^\w{26},TKT-.*Kiln 4/gm)).toHaveLength(2)

  const alice = client(url, await demo.demo.sign('alice', 'customer', 600))
  const { data } = await alice.call('listTickets', { query: { search: 'kiln' } })
  const [followUp, ticket] = data
  expect(followUp).toMatchObject({ subject: 'Kiln 4 again', status: 'open', follow_up_of: ticket?.id })
  expect(ticket).toMatchObject({
    status: 'closed',
    category: 'technical',
    priority: 'high',
    custom_fields: { kiln: 4, error: 'E7' },
    message_count: 4,
  })
  expect(ticket).toMatchObject({ assignee: { name: 'Sam Okafor' }, csat: { score: 5, comment: 'Same day!' } })
  const { messages } = await alice.call('getTicket', { params: { id: ticket?.id ?? '' } })
  expect(messages.map((message) => [message.seq, message.is_admin])).toEqual([
    [1, false],
    [2, true],
    [3, false],
    [4, true],
  ])
  const [file] = messages[0]?.attachments ?? []
  expect(file).toMatchObject({ filename: 'kiln.log', content_type: 'text/plain' })
  expect(await (await fetch(file?.url ?? '')).text()).toBe('E7 at 940 degrees, twice\n')
})

test('README-2: it would be noticed if a command of the walk no longer worked', async () => {
  const broken = blocksOf(walk).map((block) => block.replace('"status": "resolved"', '"status": "done"'))
  const { code, err } = await typed(broken)
  expect(code).not.toBe(0)
  expect(err).toContain('400')
})
