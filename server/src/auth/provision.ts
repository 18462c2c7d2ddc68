import type { Selectable } from 'kysely'
import { sql } from 'kysely'
import { v7 as uuidv7 } from 'uuid'
import type { Orm, Tables } from '../db/orm.ts'
import { searchColumns } from '../db/search.ts'
import type { Profile } from './principal.ts'

export type CustomerRow = Selectable<Tables['customers']>
/** What is known of a customer of whom nothing is known. */
export const nobody = {
  name: null,
  first_name: null,
  last_name: null,
  email: null,
  email_verified: false,
  phone: null,
  locale: null,
}

/** A new customer of an app, of whom nothing is known. */
export const newCustomer = (appId: string, now: Date) => ({
  ...nobody,
  id: uuidv7(),
  app_id: appId,
  external_id: null,
  by_agent: false,
  created_at: now,
  updated_at: now,
  blocked_at: null,
  block_reason: null,
})

type AgentRow = Selectable<Tables['agents']>

/**
 * The customer that a verified token speaks of, made on first sight. What the token says replaces what we knew; where it is silent, what we knew stays. An
 * address counts as verified only as long as a token says so of that very address.
 */
export async function provisionCustomer(orm: Orm, appId: string, sub: string, profile: Profile, now: Date): Promise<CustomerRow> {
  const db = orm.db()
  const known = await db.selectFrom('customers').selectAll().where('app_id', '=', appId).where('external_id', '=', sub).executeTakeFirst()
  if (known && !differs(known, profile)) return known
  const found = [profile.name ?? known?.name ?? null, profile.email ?? known?.email ?? null, profile.phone ?? known?.phone ?? null]
  return db
    .insertInto('customers')
    .values({
      ...newCustomer(appId, now),
      external_id: sub,
      name: profile.name ?? null,
      email: profile.email ?? null,
      email_verified: profile.email !== undefined && profile.emailVerified,
      phone: profile.phone ?? null,
      locale: profile.locale ?? null,
      ...searchColumns(appId, found),
    })
    .onConflict((conflict) =>
      conflict.columns(['app_id', 'external_id']).doUpdateSet((eb) => ({
        name: sql`coalesce(excluded.name, customers.name)`,
        email: sql`coalesce(excluded.email, customers.email)`,
        email_verified: sql`case when excluded.email is null then customers.email_verified else excluded.email_verified end`,
        phone: sql`coalesce(excluded.phone, customers.phone)`,
        locale: sql`coalesce(excluded.locale, customers.locale)`,
        search: eb.ref('excluded.search'),
        search_grams: eb.ref('excluded.search_grams'),
        updated_at: eb.ref('excluded.updated_at'),
      })),
    )
    .returningAll()
    .executeTakeFirstOrThrow()
}

const news = (said: string | undefined, known: string | null) => said !== undefined && said !== known

function differs(row: CustomerRow, profile: Profile): boolean {
  return (
    news(profile.name, row.name) ||
    news(profile.email, row.email) ||
    (profile.email !== undefined && profile.emailVerified !== row.email_verified) ||
    news(profile.phone, row.phone) ||
    news(profile.locale, row.locale)
  )
}

/** The agent that a verified token with an agent's role speaks of, made on first sight. */
export async function provisionAgent(orm: Orm, appId: string, sub: string, role: 'agent' | 'admin', profile: Profile, now: Date): Promise<AgentRow> {
  const db = orm.db()
  const known = await db.selectFrom('agents').selectAll().where('app_id', '=', appId).where('external_id', '=', sub).executeTakeFirst()
  if (known && known.role === role && !news(profile.name, known.name) && !news(profile.email, known.email)) return known
  return db
    .insertInto('agents')
    .values({
      id: uuidv7(),
      app_id: appId,
      external_id: sub,
      name: profile.name ?? null,
      email: profile.email ?? null,
      role,
      created_at: now,
      updated_at: now,
      removed_at: null,
    })
    .onConflict((conflict) =>
      conflict.columns(['app_id', 'external_id']).doUpdateSet((eb) => ({
        name: sql`coalesce(excluded.name, agents.name)`,
        email: sql`coalesce(excluded.email, agents.email)`,
        role: eb.ref('excluded.role'),
        updated_at: eb.ref('excluded.updated_at'),
      })),
    )
    .returningAll()
    .executeTakeFirstOrThrow()
}
