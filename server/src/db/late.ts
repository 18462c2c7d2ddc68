import type { PoolClient } from 'pg'

/**
 * Closes a connection whose statement was given up. The statement may still be running, and what follows it, the rollback too, is never sent: whoever took the connection next
 * would find a transaction of somebody else open, to fail in it or to commit it.
 */
export function closeWhenLate(client: PoolClient): void {
  const ask = client.query.bind(client) as (...input: unknown[]) => unknown
  const query = (...input: unknown[]) => {
    const answer = ask(...input)
    if (answer instanceof Promise)
      answer.catch((err: Error) => {
        if (err.message === 'Query read timeout') void (client as PoolClient & { end(): Promise<void> }).end()
      })
    return answer
  }
  Object.assign(client, { query })
}
