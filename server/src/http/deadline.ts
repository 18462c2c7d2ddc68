import { Refusal } from '../errors.ts'

/** Longer than any statement may take. */
export const answerWithinMs = 8_000

/**
 * What `work` answers, if it does in time. Throws `unavailable` otherwise, for a database that takes the connection and then says nothing: whoever asks is told to come again, under the
 * same name if it was a write, because the work may still come to its end.
 */
export async function inTime<T>(work: Promise<T>, withinMs: number): Promise<T> {
  const { promise: over, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Refusal('unavailable', { detail: 'The database does not answer.', retryAfter: 2 })), withinMs)
  try {
    return await Promise.race([work, over])
  } finally {
    clearTimeout(timer)
  }
}
