import { fromKysely, fromPglite, PgBoss } from 'pg-boss'
import { v7 as uuidv7 } from 'uuid'
import type { Log } from '../log.ts'
import type { Db, Orm } from './orm.ts'

/** Jobs that are committed or rolled back with the data that causes them. */
export interface Queue {
  /** Adds a job inside the transaction of `db`; answers its id. */
  enqueue(db: Db, queue: string, data: object): Promise<string>
  /** For the workers. */
  boss: PgBoss
  running(): boolean
  stop(): Promise<void>
}

export interface QueueOptions {
  url: string | null
  orm: Orm
  /** Every queue that this process uses. */
  names: readonly string[]
  log: Log
}

export async function openQueue({ url, orm, names, log }: QueueOptions): Promise<Queue> {
  const boss = orm.pglite
    ? new PgBoss({ db: inTurn(orm, fromPglite(orm.pglite)), backend: 'pglite' })
    : new PgBoss({ connectionString: url ?? '', max: 2, application_name: 'support-widget-jobs' })
  let running = false
  boss.on('error', (err) => log.error({ err }, 'job queue'))
  await boss.start()
  running = true
  for (const name of names) {
    await boss.createQueue(name)
    // Looks the queue up once, now: a first look-up inside somebody's transaction would wait for a second connection, for ever on a pool of one.
    await boss.getJobById(name, uuidv7())
  }
  return {
    async enqueue(db, queue, data) {
      // Looking up a queue that was not opened would wait for a second connection inside this transaction.
      if (!names.includes(queue)) throw new Error(`job queue ${queue} was not opened`)
      const id = await boss.send(queue, data, { db: fromKysely(db) })
      if (id === null) throw new Error(`job queue ${queue} did not take a job`)
      return id
    },
    boss,
    running: () => running,
    async stop() {
      running = false
      await boss.stop({ graceful: true, timeout: 5_000 })
    },
  }
}

/**
 * The queue's own statements wait for the embedded database's one connection like everybody else: they begin, commit and roll back, which must not happen inside the
 * transaction of a request.
 */
function inTurn(orm: Orm, queue: ReturnType<typeof fromPglite>): ReturnType<typeof fromPglite> {
  return {
    executeSql: (text, values) =>
      orm
        .db()
        .connection()
        .execute(() => queue.executeSql(text, values)),
  }
}
