import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type ByteRange, checkKey, FileMissing, type Storage } from './storage.ts'

/** Files in a folder of this machine, spread over 256 folders inside it. The folder is made with the first file. */
export function localStorage(folder: string): Storage {
  const folderOf = (key: string) => join(folder, key.slice(0, 2))
  const pathOf = (key: string) => {
    checkKey(key)
    return join(folderOf(key), key)
  }
  const partOf = (key: string) => `${pathOf(key)}.part`

  const remove = async (key: string) => {
    await rm(partOf(key), { force: true })
    await rm(pathOf(key), { force: true })
  }

  return {
    async put(key, source) {
      const part = partOf(key)
      try {
        await mkdir(folderOf(key), { recursive: true, mode: 0o700 })
        await withFile(await open(part, 'wx', 0o600), async (file) => {
          await file.writeFile(source)
          await file.sync()
        })
        await rename(part, pathOf(key))
        // The name is safe only when its folder is.
        await withFile(await open(folderOf(key)), (file) => file.sync())
      } catch (err) {
        await remove(key).catch(() => {})
        throw err
      }
    },

    async open(key, range?: ByteRange) {
      try {
        const file = await open(pathOf(key))
        return file.createReadStream(range ?? {})
      } catch (err) {
        throw isMissing(err) ? new FileMissing('there is no such file', { cause: err }) : err
      }
    },

    async size(key) {
      try {
        return (await stat(pathOf(key))).size
      } catch (err) {
        if (isMissing(err)) return null
        throw err
      }
    },

    remove,
  }
}

const isMissing = (err: unknown) => err instanceof Error && 'code' in err && err.code === 'ENOENT'

async function withFile(file: FileHandle, work: (file: FileHandle) => Promise<void>): Promise<void> {
  try {
    await work(file)
  } finally {
    await file.close()
  }
}
