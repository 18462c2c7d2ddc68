import { Readable } from 'node:stream'
import type Router from '@koa/router'
import { operations } from '@support-widget/shared/operations.ts'
import { paths } from '@support-widget/shared/paths.ts'
import type { TicketFilter } from '@support-widget/shared/ticket-query.ts'
import { stringify } from 'csv-stringify/sync'
import type { AgentActor, Core } from '../../domain/core.ts'
import { auditExport, readExport } from '../../domain/export.ts'
import { exportHeader, presentExportRow } from '../../present/export.ts'
import type { Ctx } from '../context.ts'
import { authenticate, type Doors, parseInput } from '../operation.ts'

/** `GET …/tickets.csv`: written as fast as it is read, and no faster; a reader who goes away ends it. */
export function mountExport(router: Router, doors: Doors): void {
  const operation = operations.agentExportTickets
  const [, path = ''] = paths.agentExportTickets.split(' ')
  router.get(path, async (ctx) => {
    const actor = (await authenticate(ctx as unknown as Ctx, doors, operation)) as AgentActor
    const { query } = await parseInput(ctx as unknown as Ctx, operation, ctx.params)
    await auditExport(doors.core, actor)
    const lines = csv(doors.core, actor, query as TicketFilter)
    // What the first read refuses is still a problem document.
    const first = await lines.next()
    ctx.type = 'text/csv; charset=utf-8'
    ctx.set('Content-Disposition', `attachment; filename="tickets-${doors.core.clock.now().toISOString().slice(0, 10)}.csv"`)
    ctx.set('Cache-Control', 'no-store')
    ctx.body = Readable.from(after(first.value ?? '', lines))
  })
}

/** Excel takes a file for UTF-8 only if it begins with the byte order mark. */
const mark = '\uFEFF'
const lineOf = (cells: readonly (string | number | null)[][]) => stringify([...cells], { record_delimiter: 'windows' })

async function* csv(core: Core, actor: AgentActor, filter: TicketFilter): AsyncGenerator<string, undefined> {
  let head = mark + lineOf([exportHeader])
  for await (const rows of readExport(core, actor, filter)) {
    yield head + lineOf(rows.map(presentExportRow))
    head = ''
  }
  if (head) yield head
}

async function* after(first: string, rest: AsyncGenerator<string, undefined>): AsyncGenerator<string> {
  yield first
  yield* rest
}
