import { join } from 'node:path'
import { createApps } from '../auth/apps.ts'
import { secretBox } from '../auth/secrets.ts'
import { systemClock } from '../clock.ts'
import { readConfig } from '../config.ts'
import { openOrm } from '../db/orm.ts'
import { lockDataDir } from '../db/pglite.ts'
import type { Work } from './commands.ts'
import type { Said } from './print.ts'

/** The embedded database is one process's at a time: with it, the server must not be running. */
export async function withDatabase(work: Work): Promise<Said> {
  const config = readConfig(process.env)
  const lock = config.databaseUrl ? null : lockDataDir(config.dataDir)
  try {
    const orm = await openOrm({ url: config.databaseUrl, folder: lock ? join(config.dataDir, 'db') : null, poolSize: 1 })
    try {
      await orm.migrate()
      return await work({ orm, apps: createApps(orm, systemClock), clock: systemClock, secrets: secretBox(config.secretKeys), loopback: config.demo })
    } finally {
      await orm.close()
    }
  } finally {
    lock?.release()
  }
}
