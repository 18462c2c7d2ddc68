import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { request } from '../support/client.ts'
import { startServer, type TestServer } from '../support/server.ts'

let folder: string
let file: string
let server: TestServer
const build = (text: string, second: number) => {
  writeFileSync(file, text)
  utimesSync(file, second, second)
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'support-widget-'))
  file = join(folder, 'widget.js')
  build('first()', 1)
  server = await startServer({}, { files: { widget: file, release: '1.2.3', desk: folder } })
})
afterAll(async () => {
  await server.app.close()
  rmSync(folder, { recursive: true })
})

interface Versions {
  latest: string
  versions: { version: string; path: string; integrity: string }[]
}
const versions = async () => (await request(`${server.url}/widget/versions.json`)).body as Versions

test('EMB-20: widget.js is for every origin, with a short cache and an ETag', async () => {
  const first = await request(`${server.url}/widget.js`)
  expect(first.text).toBe('first()')
  expect(first.headers.get('cross-origin-resource-policy')).toBe('cross-origin')
  expect(first.headers.get('access-control-allow-origin')).toBe('*')
  expect(first.headers.get('cache-control')).toMatch(/max-age=300/)
  const again = await request(`${server.url}/widget.js`, {
    headers: { 'If-None-Match': first.headers.get('etag') ?? '', 'Cache-Control': 'max-age=0' },
  })
  expect(again.status).toBe(304)
})

test('EMB-21: every version that was served stays at its own address, with its integrity', async () => {
  await request(`${server.url}/widget.js`)
  const { latest } = await versions()
  expect(latest).toMatch(/^1\.2\.3-[0-9a-f]{8}$/)
  build('second()', 2)
  expect((await request(`${server.url}/widget.js`)).text).toBe('second()')
  const now = await versions()
  expect(now.latest).not.toBe(latest)
  const old = now.versions.find((one) => one.version === latest)
  const answer = await request(server.url + old?.path)
  expect(answer.text).toBe('first()')
  expect(answer.headers.get('cache-control')).toContain('immutable')
  expect(old?.integrity).toBe(`sha384-${createHash('sha384').update('first()').digest('base64')}`)
  expect((await request(`${server.url}/widget/9.9.9-00000000/widget.js`)).status).toBe(404)
})

test('LANG-5: the texts of a language are for every origin, and another name is not found', async () => {
  mkdirSync(join(folder, 'lang'))
  writeFileSync(join(folder, 'lang/de.json'), '{"title":"Hilfe"}')
  const answer = await request(`${server.url}/widget/lang/de.json`)
  expect(answer.body).toEqual({ title: 'Hilfe' })
  expect(answer.headers.get('cross-origin-resource-policy')).toBe('cross-origin')
  expect(answer.headers.get('access-control-allow-origin')).toBe('*')
  expect(answer.headers.get('cache-control')).toMatch(/max-age=3600/)
  for (const name of ['fr.json', 'de', '..%2Fwidget.js', '..%2F..%2Fpackage.json', 'DE.json', '%00.json']) {
    expect((await request(`${server.url}/widget/lang/${name}`)).status).toBe(404)
  }
})
