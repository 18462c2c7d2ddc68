import type { Access, Operation } from '@support-widget/shared/operation.ts'
import { operations } from '@support-widget/shared/operations.ts'
import { type OperationName, type RequestInput, requestOf } from '@support-widget/shared/paths.ts'
import { type Answer, client, request } from './client.ts'
import { holdToDocument } from './contract.ts'
import type { Named } from './examples.ts'
import { multipart } from './files.ts'
import type { TestServer } from './server.ts'
import type { World } from './world.ts'

/**
 * Everybody who may stand at a door of a world, and what they must be told there: a model of CONTRACT section 2 of its own, which knows nothing of the server's policy.
 */

type Kind = 'nobody' | 'customer' | 'visitor' | 'partner key' | 'agent' | 'admin' | 'admin key'

export interface Caller {
  name: string
  kind: Kind
  token(): Promise<string | undefined>
  /** False: the credential was good once, or looks like one. */
  good: boolean
  /** Of the world's app, not of another. */
  here: boolean
  /** The world's objects are this customer's own. */
  owns: boolean
}

/** Who has which function, by the operations table's `access`. */
const functions: Record<Exclude<Access, 'public'>, readonly Kind[]> = {
  customer: ['customer', 'visitor', 'partner key', 'agent', 'admin'],
  agent: ['agent', 'admin', 'admin key'],
  admin: ['admin', 'admin key'],
}

/** Where the product says more than the table's `access`. */
const exceptions: Partial<Record<OperationName, { only?: readonly Kind[]; alsoAgents?: readonly (keyof Named)[] }>> = {
  // A person cannot rate in the customer's name, a backend may.
  agentRateTicket: { only: ['admin key'] },
  // One address for both sides, so that a file's URL is the same for all who may read it; what waits to be sent is its uploader's.
  getAttachment: { alsoAgents: ['attachment', 'noteFile', 'agentUpload'] },
  // The desk signs in with the token that made the code: a key has none.
  agentCreateDeskCode: { only: ['agent', 'admin'] },
  // A visitor becomes the customer who signs in, and nobody else.
  mergeVisitor: { only: ['customer'] },
}

export type Verdict = 'unauthorized' | 'forbidden' | 'unknown' | 'allowed'

const table = operations as Record<OperationName, Operation>

/**
 * What a caller must be told who sends an operation that names objects of the world, of these kinds; `unknown`: exactly what they are told of objects that are not. Who names
 * none works on what is their own.
 */
export function verdictOf(caller: Caller, name: OperationName, kinds: readonly (keyof Named)[]): Verdict {
  const { access } = table[name]
  if (access === 'public') return 'allowed'
  if (!caller.good) return 'unauthorized'
  if (!functions[access].includes(caller.kind)) return 'forbidden'
  if (exceptions[name]?.only?.includes(caller.kind) === false) return 'forbidden'
  return kinds.length === 0 || reaches(caller, access, name, kinds) ? 'allowed' : 'unknown'
}

function reaches(caller: Caller, access: Access, name: OperationName, kinds: readonly (keyof Named)[]): boolean {
  if (!caller.here) return false
  if (access !== 'customer' || caller.owns) return true
  // Who holds a visitor's token is that visitor.
  if (kinds.every((kind) => kind === 'visitor')) return true
  const forAgents = exceptions[name]?.alsoAgents ?? []
  return functions.agent.includes(caller.kind) && kinds.every((kind) => forAgents.includes(kind))
}

/** Which of the world's marks this caller may never read, at whatever door. */
export function hiddenFrom(caller: Caller, { marks }: World): string[] {
  if (!caller.good || !caller.here) return [marks.any]
  if (['agent', 'admin', 'admin key'].includes(caller.kind)) return []
  return caller.owns ? [marks.agents] : [marks.shared, marks.agents]
}

/** All callers of `world`; `elsewhere` is the world of another app. */
export function callersOf(server: TestServer, world: World, elsewhere: World): Caller[] {
  const { app } = world
  const caller = (name: string, kind: Kind, make: () => Promise<string | undefined>, more: Partial<Caller> = {}): Caller => ({
    name,
    kind,
    token: onceOnly(() => enter(server, make)),
    good: true,
    here: true,
    owns: false,
    ...more,
  })
  const agent = (of: World, sub: string, role: 'agent' | 'admin') => () => of.app.token(sub, { role, claims: { ...of.claims.agent(sub) } })
  const partner = (of: World, sub: string) => () => of.app.partnerKey(sub)
  const visitor = (of: World) => async () => (await client(server.url).call('createVisitor', { body: { app: of.app.app.publicId } })).token
  const there = { here: false }
  const spoiled = { good: false }
  return [
    caller('nobody', 'nobody', async () => undefined, spoiled),
    caller('a forged token', 'customer', () => app.token('alice', { secret: 'not the secret, not the secret, no' }), spoiled),
    caller('an expired token', 'customer', () => app.token('alice', { issued: -7200, expires: -3600 }), spoiled),
    caller('a blocked customer', 'customer', () => blocked(server, world), spoiled),
    caller('a removed agent', 'agent', () => removed(server, world), spoiled),
    caller('the owner', world.ownerKind, async () => world.owner, { owns: true }),
    // A visitor has no name at the app for which a key could be made.
    ...(world.ownerKind === 'visitor' ? [] : [caller("the owner's partner key", 'partner key', partner(world, 'alice'), { owns: true })]),
    caller('another customer', 'customer', () => app.token('bob')),
    caller('a visitor', 'visitor', visitor(world)),
    caller("another customer's partner key", 'partner key', partner(world, 'bob')),
    caller('an agent', 'agent', agent(world, 'sam', 'agent')),
    caller('an admin', 'admin', agent(world, 'ada', 'admin')),
    caller('the admin key', 'admin key', async () => app.adminKey),
    caller('the same sub of another app', 'customer', async () => elsewhere.owner, there),
    caller('a visitor of another app', 'visitor', visitor(elsewhere), there),
    caller('a partner key of another app', 'partner key', partner(elsewhere, 'alice'), there),
    caller('an agent of another app', 'agent', agent(elsewhere, 'sam', 'agent'), there),
    caller('an admin of another app', 'admin', agent(elsewhere, 'ada', 'admin'), there),
    caller('the admin key of another app', 'admin key', async () => elsewhere.app.adminKey, there),
  ]
}

const onceOnly = <T>(make: () => Promise<T>): (() => Promise<T>) => {
  let made: Promise<T> | undefined
  return () => {
    made ??= make()
    return made
  }
}

/** Calls once, so that whoever is made on first sight is there. */
async function enter(server: TestServer, make: () => Promise<string | undefined>): Promise<string | undefined> {
  const token = await make()
  await client(server.url, token).send('agentGetMe')
  return token
}

async function blocked(server: TestServer, { app }: World): Promise<string> {
  const token = await app.token('mallory')
  const { customer } = await client(server.url, token).call('getMe', {})
  await app.backend.call('agentBlockCustomer', { params: { id: customer.id }, body: { blocked: true } })
  server.clock.ahead += 60_000
  return token
}

async function removed(server: TestServer, { app }: World): Promise<string> {
  const token = await app.token('rita', { role: 'agent' })
  const { agent } = await client(server.url, token).call('agentGetMe', {})
  await app.backend.call('agentRemoveAgent', { params: { id: agent?.id ?? '' } })
  server.clock.ahead += 60_000
  return token
}

/** Sends an operation, uploads with a file, and holds the answer to the API document. */
export async function sendAs(server: TestServer, token: string | undefined, name: OperationName, input: RequestInput): Promise<Answer> {
  if (!table[name].upload) return client(server.url, token).send(name, input)
  const { method, url } = requestOf(name, input)
  const { body, type } = multipart([{ filename: 'new.txt', bytes: 'New text\n' }])
  const authorization: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` }
  const answer = await request(server.url + url, { method, headers: { ...authorization, 'Content-Type': type }, body: new Uint8Array(body) })
  holdToDocument(name, answer)
  return answer
}
