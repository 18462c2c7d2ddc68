import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { localStorage } from '@support-widget/server/storage/local.ts'
import { newStorageKey } from '@support-widget/server/storage/storage.ts'
import { expect, onTestFinished, test } from 'vitest'
import { storageSuite } from '../support/storage-suite.ts'

async function makeLocal() {
  const folder = await mkdtemp(join(tmpdir(), 'support-storage-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const inside = join(folder, 'files')
  const held = async () => {
    const entries = await readdir(inside, { recursive: true, withFileTypes: true }).catch(() => [])
    return entries.flatMap((entry) => (entry.isFile() ? [entry.name] : [])).sort()
  }
  return { storage: localStorage(inside), held, folder, inside }
}

storageSuite('local disk', makeLocal)

test('STORE-2: the local disk keeps files inside its folder alone, for its own user alone', async () => {
  const { storage, folder, inside } = await makeLocal()
  expect(await readdir(folder)).toEqual([])
  const key = newStorageKey()
  await storage.put(
    key,
    (async function* () {
      yield Buffer.from('x')
    })(),
  )
  expect(await readdir(folder)).toEqual(['files'])
  expect((await stat(join(inside, key.slice(0, 2), key))).mode & 0o077).toBe(0)
  expect((await stat(inside)).mode & 0o077).toBe(0)
})
