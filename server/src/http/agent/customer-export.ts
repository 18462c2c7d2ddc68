import { Readable } from 'node:stream'
import type Router from '@koa/router'
import { operations } from '@support-widget/shared/operations.ts'
import { paths } from '@support-widget/shared/paths.ts'
import type { AgentActor, Core } from '../../domain/core.ts'
import { beginCustomerExport, type CustomerHead, exportMessages, exportTickets } from '../../domain/customer-export.ts'
import { presentCustomerHead, presentExportedTicket } from '../../present/customer-export.ts'
import { presentMessageForCustomer } from '../../present/message.ts'
import type { Ctx } from '../context.ts'
import { customerId } from '../ids.ts'
import { authenticate, type Doors, parseInput } from '../operation.ts'

/** `GET …/customers/:id/export`: one JSON object, written as fast as it is read, however large it is. */
export function mountCustomerExport(router: Router, doors: Doors): void {
  const operation = operations.agentExportCustomer
  const [, path = ''] = paths.agentExportCustomer.split(' ')
  router.get(path, async (ctx) => {
    const actor = (await authenticate(ctx as unknown as Ctx, doors, operation)) as AgentActor
    const { params } = await parseInput(ctx as unknown as Ctx, operation, ctx.params)
    const id = customerId(params as { id: string })
    const head = await beginCustomerExport(doors.core, actor, id)
    ctx.type = 'application/json'
    ctx.set('Content-Disposition', `attachment; filename="customer-${(params as { id: string }).id.toUpperCase()}.json"`)
    ctx.set('Cache-Control', 'no-store')
    ctx.body = Readable.from(json(doors.core, actor, id, head))
  })
}

/** An object as JSON without its closing brace, for one more member. */
const open = (value: object, member: string) => `${JSON.stringify(value).slice(0, -1)},"${member}":[`

async function* json(core: Core, actor: AgentActor, id: string, head: CustomerHead): AsyncGenerator<string> {
  yield open(presentCustomerHead(head, core.links, core.clock.now()), 'tickets')
  let before = ''
  for await (const ticket of exportTickets(core, actor, id)) {
    yield before + open(presentExportedTicket(ticket), 'messages')
    let comma = ''
    for await (const messages of exportMessages(core, actor, ticket.id)) {
      yield comma + messages.map((one) => JSON.stringify(presentMessageForCustomer(one, core.links))).join()
      comma = ','
    }
    yield ']}'
    before = ','
  }
  yield ']}'
}
