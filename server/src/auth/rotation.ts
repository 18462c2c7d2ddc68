import { ConfigError } from '../config.ts'
import type { Orm } from '../db/orm.ts'
import type { Log } from '../log.ts'
import type { SecretBox } from './secrets.ts'

/**
 * Every stored secret with what the current SECRET_KEY makes of it. Throws {@link ConfigError} if no key opens the secret of a live signing key: else every one of its
 * tokens would fail, one request after the other.
 */
async function openSeals(orm: Orm, secrets: SecretBox): Promise<{ kid: string; secret: string; sealed: string | null }[]> {
  const rows = await orm.db().selectFrom('signing_keys').select(['kid', 'secret', 'revoked_at']).execute()
  return rows.map(({ kid, secret, revoked_at }) => {
    const sealed = tryRenew(secrets, secret)
    if (sealed === null && revoked_at === null)
      throw new ConfigError(`SECRET_KEY: does not open the stored signing key ${kid}; if it was changed, name the old one in SECRET_KEY_PREVIOUS.`)
    return { kid, secret, sealed }
  })
}

/** Before another secret is sealed: with a wrong SECRET_KEY the servers would no longer start. Throws {@link ConfigError}. */
export async function checkSeals(orm: Orm, secrets: SecretBox): Promise<void> {
  await openSeals(orm, secrets)
}

/**
 * Seals every stored secret with the current SECRET_KEY that an earlier one still opens, so that SECRET_KEY_PREVIOUS can be dropped after this start; logs how many there were.
 * Throws {@link ConfigError}.
 */
export async function renewSeals(orm: Orm, secrets: SecretBox, log: Log): Promise<void> {
  const count = (await renewSigningKeys(orm, secrets)) + (await renewWebhooks(orm, secrets))
  if (count > 0) log.info({ count }, 'stored secrets sealed with the new SECRET_KEY')
}

async function renewSigningKeys(orm: Orm, secrets: SecretBox): Promise<number> {
  let count = 0
  for (const { kid, secret, sealed } of await openSeals(orm, secrets)) {
    if (sealed === null || sealed === secret) continue
    // Only what was read: another process may have done it in the meantime.
    await orm.db().updateTable('signing_keys').set({ secret: sealed }).where('kid', '=', kid).where('secret', '=', secret).execute()
    count++
  }
  return count
}

/** The secrets of webhook endpoints, the one before the last rotation too. One that no key opens fails when something is to be signed with it, which the delivery log shows. */
async function renewWebhooks(orm: Orm, secrets: SecretBox): Promise<number> {
  let count = 0
  for (const column of ['secret', 'previous_secret'] as const) {
    const rows = await orm.db().selectFrom('webhook_endpoints').select(['id', column]).where(column, 'is not', null).where(column, '<>', '').execute()
    for (const row of rows) {
      const before = column in row ? (row as Record<string, string>)[column] : undefined
      const sealed = before === undefined ? null : tryRenew(secrets, before)
      if (sealed === null || sealed === before) continue
      await orm
        .db()
        .updateTable('webhook_endpoints')
        .set({ [column]: sealed })
        .where('id', '=', row.id)
        .where(column, '=', before ?? '')
        .execute()
      count++
    }
  }
  return count
}

function tryRenew(secrets: SecretBox, sealed: string): string | null {
  try {
    return secrets.renew(sealed)
  } catch {
    return null
  }
}
