import { BinaryOperationNode, type KyselyPlugin, type OperationNode, OperationNodeTransformer, ReferenceNode, ValueNode } from 'kysely'
import { beforeAll, expect, test } from 'vitest'
import { allowanceFaults, newStage, refusalFaults, type Send, type Stage, sendTo } from '../support/differential.ts'
import { startServer } from '../support/server.ts'

/** The differential test must go red when the wall has a hole: here one is made, in the statements of a server of its own, or on the way to it. */

/** Leaves out every condition on this column that holds it against a value, while it is switched on. */
function without(column: string): KyselyPlugin & { on: boolean } {
  class Blind extends OperationNodeTransformer {
    override transformBinaryOperation(node: BinaryOperationNode): BinaryOperationNode {
      const { leftOperand, rightOperand } = node
      if (nameOf(leftOperand) !== column || !ValueNode.is(rightOperand)) return super.transformBinaryOperation(node)
      return BinaryOperationNode.create(leftOperand, node.operator, leftOperand)
    }
  }
  const blind = new Blind()
  const plugin: KyselyPlugin & { on: boolean } = {
    on: false,
    transformQuery: ({ node }) => (plugin.on ? blind.transformNode(node) : node),
    transformResult: async ({ result }) => result,
  }
  return plugin
}

function nameOf(node: OperationNode): string | undefined {
  const reference = ReferenceNode.is(node) ? node.column : node
  return 'column' in reference && isColumn(reference.column) ? reference.column.name : undefined
}
const isColumn = (value: unknown): value is { name: string } => typeof value === 'object' && value !== null && 'name' in value

const [noApp, noCustomer] = [without('app_id'), without('customer_id')]
let stage: Stage

beforeAll(async () => {
  stage = await newStage(await startServer({}, { plugins: [noApp, noCustomer] }))
  return () => stage.server.app.close()
})

async function faultsWith(plugin: { on: boolean }, name: Parameters<typeof refusalFaults>[1]): Promise<string> {
  plugin.on = true
  try {
    return (await refusalFaults(stage, name)).join('\n')
  } finally {
    plugin.on = false
  }
}

test('WALL-8: a server without a hole has no faults', async () => {
  for (const name of ['getTicket', 'agentGetTicket', 'agentListAgents'] as const) {
    expect(await refusalFaults(stage, name)).toEqual([])
    expect(await allowanceFaults(stage, name)).toEqual([])
  }
})

test('WALL-8: statements that do not bind the app are told from the outside', async () => {
  for (const name of ['agentGetTicket', 'agentGetCustomer', 'agentListMessages'] as const)
    expect(await faultsWith(noApp, name)).toMatch(/an agent of another app, request 0, unknown: (differs from an unknown object|tells zq)/)
})

test('WALL-8: statements that do not bind the customer are told from the outside', async () => {
  expect(await faultsWith(noCustomer, 'getTicket')).toMatch(/another customer, request 0, unknown: tells zq/)
  expect(await faultsWith(noCustomer, 'closeTicket')).toMatch(/a row of tickets changed/)
})

test('WALL-8: a policy that takes a customer for an agent, or an agent for an admin, is told from the outside', async () => {
  const promoted =
    (from: string, to: string): Send =>
    (caller, name, input) =>
      sendTo(stage.server)(caller.name === from ? (stage.callers.find((one) => one.name === to) ?? caller) : caller, name, input)
  const asAgent = await refusalFaults(stage, 'agentListTickets', promoted('another customer', 'an agent'))
  expect(asAgent.join('\n')).toMatch(/another customer, request 0, forbidden: (answered 200|tells zq)/)
  const asAdmin = await refusalFaults(stage, 'agentUpdateApp', promoted('an agent', 'an admin'))
  expect(asAdmin.join('\n')).toMatch(/an agent, request 0, forbidden: answered 200/)
  const asNobody = await allowanceFaults(stage, 'getMe', promoted('the owner', 'nobody'))
  expect(asNobody.join('\n')).toMatch(/the owner, request 0: answered 401/)
})
