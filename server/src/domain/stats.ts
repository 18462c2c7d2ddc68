import type { Stats } from '@support-widget/shared/desk-operations.ts'
import { type RawBuilder, sql } from 'kysely'
import type { AgentActor, Core } from './core.ts'
import { matching } from './list.ts'

/** How many of the tickets created in this time are where, how fast they were answered and done, and how they were rated. */
export async function readStats(
  core: Core,
  actor: AgentActor,
  created: { created_after?: string | undefined; created_before?: string | undefined },
): Promise<Stats> {
  const firstResponse = seconds(sql`t.first_response_at`)
  const resolution = seconds(sql`coalesce(t.resolved_at, t.closed_at)`)
  const row = await matching(core, actor, created)
    .select([
      count(sql`true`).as('total'),
      count(sql`t.status = 'open'`).as('open'),
      count(sql`t.status = 'in_progress'`).as('in_progress'),
      count(sql`t.status = 'resolved'`).as('resolved'),
      count(sql`t.status = 'closed'`).as('closed'),
      count(sql`t.waiting_on = 'agent'`).as('agent'),
      count(sql`t.waiting_on = 'customer'`).as('customer'),
      percentile(0.5, firstResponse).as('first_response_median'),
      percentile(0.9, firstResponse).as('first_response_p90'),
      percentile(0.5, resolution).as('resolution_median'),
      percentile(0.9, resolution).as('resolution_p90'),
      count(sql`t.csat_score is not null`).as('rated'),
      sql<number | null>`avg(t.csat_score)::float8`.as('csat_average'),
    ])
    .executeTakeFirstOrThrow()
  return {
    total: row.total,
    by_status: { open: row.open, in_progress: row.in_progress, resolved: row.resolved, closed: row.closed },
    by_waiting_on: { agent: row.agent, customer: row.customer },
    first_response_seconds: { median: row.first_response_median, p90: row.first_response_p90 },
    resolution_seconds: { median: row.resolution_median, p90: row.resolution_p90 },
    csat: { count: row.rated, average: row.csat_average },
  }
}

const count = (condition: RawBuilder<unknown>) => sql<number>`(count(*) filter (where ${condition}))::int`
const seconds = (until: RawBuilder<unknown>) => sql`extract(epoch from ${until} - t.created_at)::float8`
const percentile = (fraction: number, of: RawBuilder<unknown>) =>
  sql<number | null>`percentile_cont(${sql.lit(fraction)}) within group (order by ${of})`
