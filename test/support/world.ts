import { randomBytes, randomUUID } from 'node:crypto'
import { decodeId, encodeId } from '@support-widget/shared/ids.ts'
import { type Client, client, request } from './client.ts'
import type { Named } from './examples.ts'
import { newApp, type TestApp } from './factories.ts'
import { upload } from './files.ts'
import type { TestServer } from './server.ts'

/** Strings that stand in every text of a world, by who may read them; they occur nowhere else. */
export interface Marks {
  /** In all of them. */
  any: string
  /** What everybody at the app's door may read: its name, its words for customers. */
  app: string
  /** What the customer and the agents read. */
  shared: string
  /** What agents alone read. */
  agents: string
}

/** An app with one of everything that an app can own, all of one customer. */
export interface World {
  app: TestApp
  marks: Marks
  named: Named
  /** The credential of the customer whose everything is. */
  owner: string
  ownerKind: 'customer' | 'visitor'
  /** Claims with which the owner's and the agents' tokens are made: they must not differ between tokens, or each would rewrite the person. */
  claims: { owner: object; agent(sub: string): object }
}

function newMarks(): Marks {
  const any = `zq${randomBytes(5).toString('hex')}`
  return { any, app: `${any}app`, shared: `${any}own`, agents: `${any}agt` }
}

export interface WorldOptions {
  /** Makes the owner's credential; else a host-signed token of `alice`. */
  owner?(app: TestApp): Promise<string>
  /** True makes the owner a visitor. */
  visitor?: boolean
  /** The app of this world, which then is another customer's in the same app. */
  within?: World
}

interface Cast {
  server: TestServer
  app: TestApp
  marks: Marks
  owner: string
  agentToken: string
  customer: Client
  agent: Client
  admin: Client
}

export async function newWorld(server: TestServer, options: WorldOptions = {}): Promise<World> {
  const marks = newMarks()
  const { within } = options
  const app = within?.app ?? (await newApp(server, `App ${marks.app}`))
  const claims: World['claims'] = {
    owner: { name: `Alice ${marks.shared}`, email: `${marks.shared}@example.com`, phone: `+1 ${marks.shared}`, locale: `en-x-${marks.shared}` },
    agent: within?.claims.agent ?? ((sub) => ({ name: `${sub} ${marks.shared}`, email: `${sub}.${marks.agents}@example.com` })),
  }
  const admin = client(server.url, await app.token('ada', { role: 'admin', claims: { ...claims.agent('ada') } }))
  if (!within) await admin.call('agentUpdateApp', { body: { settings: settingsWith(marks) } })
  const owner = await ownerOf(server, app, claims.owner, options)
  const agentToken = await app.token('sam', { role: 'agent', claims: { ...claims.agent('sam') } })
  const [customer, agent] = [client(server.url, owner), client(server.url, agentToken)]
  const cast = { server, app, marks, owner, agentToken, customer, agent, admin }
  const { id: webhook } = await admin.call('agentCreateWebhook', {
    body: { url: `https://${marks.agents}.example/hooks`, description: `Hook ${marks.agents}` },
  })
  const tickets = await makeTickets(cast, (within ?? { marks }).marks.app)
  await refuseMail(cast)
  const ownerKind = options.visitor ? 'visitor' : 'customer'
  return {
    app,
    marks,
    owner,
    ownerKind,
    claims,
    named: { app: app.app.publicId, webhook, delivery: await deliveryTo(cast, webhook), ...tickets, ...(await makeRest(cast, claims)) },
  }
}

async function ownerOf(server: TestServer, app: TestApp, claims: object, { owner, visitor }: WorldOptions): Promise<string> {
  if (visitor) return (await client(server.url).call('createVisitor', { body: { app: app.app.publicId } })).token
  return owner ? owner(app) : app.token('alice', { claims: { ...claims } })
}

/** The customer's tickets, messages and files, and the agents' with them. */
async function makeTickets({ server, marks, owner, agentToken, customer, agent }: Cast, category: string) {
  const file = await upload(server, owner, `Text ${marks.shared}`, `${marks.shared}.txt`)
  const body = {
    subject: `Question ${marks.shared}`,
    body: `How? ${marks.shared}`,
    client_id: `c-${marks.shared}`,
    type: `t-${marks.shared}`,
    category: `c-${category}`,
    custom_fields: { [`k-${marks.shared}`]: `v-${marks.shared}` },
    links: { [`l-${marks.shared}`]: `v-${marks.shared}` },
    context: { page: `p-${marks.agents}` },
    attachments: [file.id],
  }
  const created = await customer.send('createTicket', { body }, { 'Idempotency-Key': `k-${marks.shared}` })
  const ticket = (created.body as { id: string }).id
  const other = await customer.call('createTicket', { body: { subject: `Other ${marks.shared}`, body: `And? ${marks.shared}` } })
  const noteFile = await upload(server, agentToken, `Text ${marks.agents}`, `${marks.agents}.txt`, { agent: true })
  const at = { params: { id: ticket } }
  await agent.call('agentSendMessage', { ...at, body: { body: `Note ${marks.agents}`, is_internal: true, attachments: [noteFile.id] } })
  const facts = ['country', 'store_region', 'external_ticket_id', 'preferred_language', 'resolution_notes', 'action_taken'] as const
  const changes = Object.fromEntries(facts.map((field) => [field, `f-${marks.agents}`]))
  await agent.call('agentUpdateTicket', { ...at, body: { ...changes, tags: [`t-${marks.agents}`], assignee_id: 'me' } })
  const message = await agent.call('agentSendMessage', { ...at, body: { body: `Done ${marks.shared}`, status: 'resolved' } })
  await customer.call('rateTicket', { ...at, body: { score: 3, comment: `Well ${marks.shared}` } })
  const { requester } = await agent.call('agentGetTicket', at)
  return {
    ticket,
    other: other.id,
    message: message.id,
    attachment: file.id,
    noteFile: noteFile.id,
    upload: (await upload(server, owner, `Waits ${marks.shared}`, `u-${marks.shared}.txt`)).id,
    agentUpload: (await upload(server, agentToken, `Waits ${marks.agents}`, `u-${marks.agents}.txt`, { agent: true })).id,
    customer: requester.id,
  }
}

/** Somebody else's address at which no mail of the app is wanted, by the link that one would have in it. */
async function refuseMail({ server, app, marks }: Cast): Promise<void> {
  const claims = { appId: app.app.id, customerId: app.app.id, address: `refused.${marks.any}@example.com` }
  const { status } = await request(server.app.core.mailLinks.url('unsubscribe', claims, 'en').replace(/^.*(?=\/mail\/)/, server.url), {
    method: 'POST',
  })
  if (status !== 200) throw new Error(`unsubscribing answered ${status}`)
}

/** The last of what is to be delivered to an endpoint, tried once in vain. */
async function deliveryTo({ server, app, admin }: Cast, webhook: string): Promise<string> {
  const { data } = await admin.call('agentListDeliveries', { params: { id: webhook } })
  const id = data[0]?.id ?? ''
  await server.app.core.orm
    .db()
    .insertInto('webhook_attempts')
    .values({
      app_id: app.app.id,
      delivery_id: decodeId(id) ?? '',
      number: 1,
      at: server.clock.now(),
      duration_ms: 20,
      status: 503,
      error: 'http',
    })
    .execute()
  return id
}

/** What belongs to the app and not to a ticket. */
async function makeRest({ server, app, marks, agent, admin }: Cast, claims: World['claims']) {
  // Somebody who calls nothing, and may be removed.
  const tom = await client(server.url, await app.token(`tom-${marks.agents}`, { role: 'agent', claims: { ...claims.agent('tom') } })).call(
    'agentGetMe',
    {},
  )
  const reply = await agent.call('agentCreateCannedReply', { body: { name: `Hello ${marks.agents}`, body: `Hello ${marks.agents}` } })
  const key = await admin.call('agentCreateKey', { body: { kind: 'admin', name: `Key ${marks.agents}` } })
  const issuer = {
    issuer: `https://${marks.agents}.example`,
    audience: `a-${marks.agents}`,
    jwks_url: `https://${marks.agents}.example/jwks`,
    role_claim: `r-${marks.agents}`,
  }
  await admin.call('agentCreateKey', { body: { kind: 'jwks', name: `Issuer ${marks.agents}`, ...issuer } })
  await admin.call('agentCreateKey', { body: { kind: 'signing', name: `Signing ${marks.agents}` } })
  const links = { [`l-${marks.agents}`]: [`v-${marks.agents}`] }
  await admin.call('agentCreateKey', { body: { kind: 'partner', name: `Partner ${marks.agents}`, customer: { external_id: 'eve' }, links } })
  const { customer: gone } = await client(server.url, await app.token(`gone-${marks.any}`)).call('getMe', {})
  await admin.call('agentEraseCustomer', { params: { id: gone.id } })
  const visitor = await client(server.url).call('createVisitor', { body: { app: app.app.publicId } })
  const code = await agent.call('agentCreateDeskCode', {})
  // The inbox is to hear of the tickets.
  const mails = await admin.call('agentListMails', {})
  return {
    agent: tom.agent?.id ?? '',
    reply: reply.id,
    key: key.id,
    mail: mails.data[0]?.id ?? '',
    visitor: visitor.token,
    deskCode: code.code ?? '',
  }
}

const settingsWith = (marks: Marks) => ({
  categories: [{ id: `c-${marks.app}`, label: `C ${marks.app}`, labels: { de: `D ${marks.app}` } }],
  form_fields: [{ key: `f-${marks.app}`, label: `F ${marks.app}`, type: 'text' as const, required: false }],
  reply_time_text: `Soon ${marks.app}`,
  return_url: `https://${marks.agents}.example/{ticket_id}`,
  inbox_email: `${marks.agents}@example.com`,
  visitors: true,
})

/** The same names, of nothing that is. */
export function ghostOf(named: Named): Named {
  return Object.fromEntries(
    Object.keys(named).map((kind) => [kind, kind === 'app' ? `app-${randomUUID()}` : encodeId(randomUUID())]),
  ) as unknown as Named
}
