import { type ReadonlySignal, type Signal, signal } from '@preact/signals-core'
import { fileLimits } from '@support-widget/shared/limits.ts'
import { ApiError, type Call } from '../net/api.ts'
import { createUpload } from '../net/upload.ts'
import type { Unsent } from './merge.ts'

export interface Files {
  /** As many of the new ones as fit beside the others; the names of the rest stand in `misfits`. */
  fit: (place: string, files: readonly File[], added: Iterable<File>) => readonly File[]
  /** Where they were to go, and their names. */
  misfits: Signal<readonly string[]>
  /** How much of each file has gone out, 0 to 1, by `sendingOf` its entry, a dot, and its place. */
  arrived: ReadonlySignal<ReadonlyMap<string, number>>
  /** Sends the files of an entry and answers how a message names them. Rejects as the call does, and with `takenBack`. */
  send: (entry: Unsent) => Promise<{ attachments?: string[] }>
  /** The files of this entry go no further, now or later, unless its own request has gone out. */
  stop: (clientId: string) => void
}

/** The name under which the files of an entry are sent. Those of one that was late and is sent after all are new: the first may be gone. */
export const sendingOf = ({ client_id, at }: Unsent) => `${client_id}.${at}`

/** Stands where a refusal by the server would. */
export const takenBack = new ApiError({ detail: 'Taken back' }, 400)

/** Files of one customer's messages: which may come along, and how far they are. */
export function createFiles(call: Call): Files {
  const upload = createUpload(call)
  const stops = new Map<string, AbortController>()
  const stopOf = (clientId: string) => {
    const stop = stops.get(clientId) ?? new AbortController()
    stops.set(clientId, stop)
    return stop
  }
  const misfits = signal<readonly string[]>([])
  const arrived = signal<ReadonlyMap<string, number>>(new Map())
  const onPart = (name: string, share: number) => {
    arrived.value = new Map(arrived.value).set(name, share)
  }
  return {
    fit: (place, files, added) => {
      const all = [...added]
      const fit = all
        .filter(({ size }) => size && size <= fileLimits.uploadBytes)
        .slice(0, Math.max(fileLimits.attachmentsPerMessage - files.length, 0))
      misfits.value = [place, all.flatMap((one) => (fit.includes(one) ? [] : one.name)).join(', ')]
      return [...files, ...fit]
    },
    misfits,
    arrived,
    send: async (entry) => {
      const { client_id, files = [], tried } = entry
      if (files.length === 0) return {}
      const stop = tried ? undefined : stopOf(client_id).signal
      try {
        const attachments = await upload(files, sendingOf(entry), stop, onPart)
        stop?.throwIfAborted()
        return { attachments }
      } catch (error) {
        throw stop?.aborted ? takenBack : error
      }
    },
    stop: (clientId) => stopOf(clientId).abort(),
  }
}
