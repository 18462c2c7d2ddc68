import { fromKysely, fromPglite, PgBoss } from 'pg-boss'
import { v7 as uuidv7 } from 'uuid'
import type { Log } from '../log.ts'
import type { Db, Orm } from './orm.ts'

/** Jobs that are committed or rolled back with the data that causes them. */
export interface Queue {
  /** Adds a job inside the transaction of `db`; answers its id. */
  enqueue(db: Db, queue: string, data: object): Promise<string>
  /** Adds jobs inside the transaction of `db`, in one statement. */
  enqueueAll(db: Db, queue: string, jobs: readonly NewJob[]): Promise<void>
  /** For the workers. */
  boss: PgBoss
  running(): boolean
  stop(): Promise<void>
}

export interface NewJob {
  data?: object
  /** Not before then; at once without it. */
  startAfter?: Date
  /** Of the jobs of a queue that wait with the same key only one is kept, where the queue's policy says so. */
  singletonKey?: string
}

export interface QueueOptions {
  url: string | null
  orm: Orm
  /** Every queue that this process uses. */
  names: readonly string[]
  /** Queues of {@link NewJob}s that only wake a worker: kept no longer than needed. */
  wakes?: readonly string[]
  log: Log
}

/** A job that wakes says nothing that is of use afterwards. A worker that died with one in hand leaves it to the next in half a minute. */
const wakeOptions = { expireInSeconds: 30, deleteAfterSeconds: 600, retryLimit: 5 }

export async function openQueue({ url, orm, names, wakes = [], log }: QueueOptions): Promise<Queue> {
  const boss = orm.pglite
    ? new PgBoss({ db: inTurn(orm, fromPglite(orm.pglite)), backend: 'pglite' })
    : new PgBoss({ connectionString: url ?? '', max: 2, application_name: 'support-widget-jobs' })
  let running = false
  boss.on('error', (err) => log.error({ err }, 'job queue'))
  await boss.start()
  running = true
  const known = new Set([...names, ...wakes])
  // Looking up a queue that was not opened would wait for a second connection inside a transaction.
  const hold = (queue: string) => {
    if (!known.has(queue)) throw new Error(`job queue ${queue} was not opened`)
  }
  for (const name of known) {
    await boss.createQueue(name, wakes.includes(name) ? wakeOptions : {})
    // Looks the queue up once, now: a first look-up inside somebody's transaction would wait for a second connection, for ever on a pool of one.
    await boss.getJobById(name, uuidv7())
  }
  return {
    async enqueue(db, queue, data) {
      hold(queue)
      const id = await boss.send(queue, data, { db: fromKysely(db) })
      if (id === null) throw new Error(`job queue ${queue} did not take a job`)
      return id
    },
    async enqueueAll(db, queue, jobs) {
      hold(queue)
      if (jobs.length > 0) await boss.insert(queue, [...jobs], { db: fromKysely(db), returnId: false })
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
