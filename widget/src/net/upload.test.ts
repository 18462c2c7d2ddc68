import { expect, test } from 'vitest'
import type { Call } from './api.ts'
import { createUpload } from './upload.ts'

const { signal } = new AbortController()

function setUp() {
  const sent: [name: string, once: string][] = []
  const call = (async (_: string, { body, once, onPart }: { body: FormData; once: string; onPart: (share: number) => void }) => {
    const file = body.get('file') as File
    sent.push([file.name, once])
    onPart(0.5)
    return { id: `id of ${once}` }
  }) as unknown as Call
  return { upload: createUpload(call), sent }
}

test('each file under a name of its own, and none twice', async () => {
  const { upload, sent } = setUp()
  const files = [new File(['a'], 'a.txt'), new File(['b'], 'b.txt')]
  const ids = ['id of m.0', 'id of m.1']
  expect(await upload(files, 'm', signal, () => {})).toEqual(ids)
  expect(await upload(files, 'm', signal, () => {})).toEqual(ids)
  expect(sent).toEqual([
    ['a.txt', 'm.0'],
    ['b.txt', 'm.1'],
  ])
})

test('how much of each has gone out', async () => {
  const { upload } = setUp()
  const parts: [string, number][] = []
  await upload([new File(['a'], 'a.txt'), new File(['b'], 'b.txt')], 'm', signal, (...part) => parts.push(part))
  expect(parts).toEqual([
    ['m.0', 0.5],
    ['m.0', 1],
    ['m.1', 0.5],
    ['m.1', 1],
  ])
})

test('what is too large or gone from the disk is refused before it is sent', async () => {
  const { upload, sent } = setUp()
  const large = new File([], 'film.mp4')
  Object.defineProperty(large, 'size', { value: 10 * 2 ** 20 + 1 })
  const gone = new File(['x'], 'gone.txt')
  gone.slice = () => ({ arrayBuffer: () => Promise.reject(new DOMException('gone', 'NotReadableError')) }) as unknown as Blob
  for (const file of [large, gone])
    await expect(upload([file], 'm', signal, () => {})).rejects.toMatchObject({ status: 400, detail: expect.stringContaining(file.name) })
  expect(sent).toEqual([])
})
