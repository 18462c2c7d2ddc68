import { fileLimits } from '@support-widget/shared/limits.ts'
import { ApiError, type Call } from './api.ts'

/**
 * Sends the files of one message and answers the ids by which it names them. `name` is this sending's own: with it a file that was sent before, even
 * by a page that is gone, is not a second one. `stop` takes them back; `onPart` hears how much of each has gone out, 0 to 1, by `name`, a dot, and its place. Rejects as the call does, and with `ApiError` for what the server would refuse after all.
 */
export function createUpload(call: Call) {
  const sent = new Map<string, string>()

  const upload = async (file: File, once: string, stop: AbortSignal | undefined, onPart: (share: number) => void) => {
    const known = sent.get(once)
    if (known) return known
    // Sent all the same, either would look like no answer, for ever: a connection is cut in the middle of what is too large.
    const start =
      file.size <= fileLimits.uploadBytes &&
      (await file
        .slice(0, 1)
        .arrayBuffer()
        .catch(() => null))
    if (!start) throw new ApiError({ code: 'invalid_request', detail: `${file.name} is too large or cannot be read` }, 400)
    const body = new FormData()
    body.append('file', file, file.name)
    const { id } = await call('uploadAttachment', { body, once, stop, onPart })
    sent.set(once, id)
    return id
  }
  return async (
    files: readonly File[],
    name: string,
    stop: AbortSignal | undefined,
    onPart: (name: string, share: number) => void,
  ): Promise<string[]> => {
    const ids: string[] = []
    for (const [at, file] of files.entries()) {
      stop?.throwIfAborted()
      const once = `${name}.${at}`
      ids.push(await upload(file, once, stop, (share) => onPart(once, share)))
      onPart(once, 1)
    }
    return ids
  }
}
