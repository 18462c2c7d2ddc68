import type { Operation } from '@support-widget/shared/operation.ts'
import { operations } from '@support-widget/shared/operations.ts'
import { type OperationName, paths, type RequestInput } from '@support-widget/shared/paths.ts'
import { type Caller, callersOf, hiddenFrom, sendAs, type Verdict, verdictOf } from './callers.ts'
import { type Answer, problemIn } from './client.ts'
import { examples, type Named, references } from './examples.ts'
import { withoutId } from './raw.ts'
import { rowsOf } from './rows.ts'
import type { TestServer } from './server.ts'
import { ghostOf, newWorld, type World, type WorldOptions } from './world.ts'

/** Two apps with one of everything, and everybody who may stand at their doors. */
export interface Stage {
  server: TestServer
  world: World
  elsewhere: World
  /** Another customer's world in the app of `world`. */
  neighbour: World
  callers: Caller[]
}

/** Made anew for every file: the clock of the shared server moves between them, and tokens end. */
export async function newStage(server: TestServer, options: Pick<WorldOptions, 'visitor'> = {}): Promise<Stage> {
  const [world, elsewhere] = [await newWorld(server, options), await newWorld(server)]
  const neighbour = await newWorld(server, { within: world, owner: (app) => app.token('bob') })
  const callers = callersOf(server, world, elsewhere)
  for (const caller of callers) await caller.token()
  return { server, world, elsewhere, neighbour, callers }
}

export const table = operations as Record<OperationName, Operation>
export const names = Object.keys(operations) as OperationName[]

/** Every known valid request of an operation, naming these objects. */
export const inputsOf = (name: OperationName, named: Named): RequestInput[] =>
  [examples[name], ...(references[name] ?? [])].map((make) => make(named))

/** The kinds of objects that a request names. */
export function mentioned(input: RequestInput, named: Named): (keyof Named)[] {
  const text = JSON.stringify(input)
  return (Object.keys(named) as (keyof Named)[]).filter((kind) => kind !== 'app' && text.includes(named[kind]))
}

/** How a request reaches the server: replaced by tests that break something on the way. */
export type Send = (caller: Caller, name: OperationName, input: RequestInput) => Promise<Answer>
export const sendTo =
  (server: TestServer): Send =>
  async (caller, name, input) =>
    sendAs(server, await caller.token(), name, input)

/** An answer without what differs between any two objects that are not: the request's id, and the ids that the caller sent. */
export function anonymous(answer: Answer, named: Named): string {
  let text = `${answer.status} ${answer.headers.get('content-type')} ${withoutId(answer)}`
  for (const [kind, id] of Object.entries(named)) text = text.replaceAll(id, `:${kind}`)
  return text.replace(/urn:uuid:[\da-f-]{36}/g, 'urn:uuid:id')
}

/** What is wrong with an answer of this verdict; null if nothing is. `ghost` answers the same request about objects that are not. */
async function fault(
  verdict: Verdict,
  name: OperationName,
  answer: Answer,
  named: Named,
  ghost: () => Promise<[Answer, Named]>,
): Promise<string | null> {
  if (verdict === 'unknown') {
    const [unknown, ghosts] = await ghost()
    if (paths[name].includes(':id') && problemIn(unknown).code !== 'not_found') return `an unknown object is answered ${unknown.status}`
    if (anonymous(answer, named) === anonymous(unknown, ghosts)) return null
    return `differs from an unknown object: ${answer.text.slice(0, 300)}`
  }
  const codes = verdict === 'unauthorized' ? ['unauthorized', 'token_expired'] : ['forbidden']
  const right = answer.status === (verdict === 'unauthorized' ? 401 : 403) && codes.includes(problemIn(answer).code)
  return right ? null : `answered ${answer.status} ${answer.text.slice(0, 300)}`
}

/** The bytes of an answer that are not for its reader. */
export function leaks(text: string, caller: Caller, { world, elsewhere }: Pick<Stage, 'world' | 'elsewhere'>): string[] {
  const lower = text.toLowerCase()
  const foreign = caller.good && caller.here ? elsewhere : null
  const hidden = [...hiddenFrom(caller, world), ...(foreign ? [foreign.marks.any] : []), world.app.secret, world.app.adminKey]
  return hidden.filter((one) => lower.includes(one.toLowerCase())).map((one) => `tells ${one}`)
}

export const whole = (answer: Answer) => `${[...answer.headers].join('\n')}\n${answer.text}`

/**
 * Sends every request of an operation for every caller that the model refuses. Answers what went wrong: a verdict that is another than the model's, a byte that is not for the
 * caller, a row that changed.
 */
export async function refusalFaults(on: Stage, name: OperationName, send = sendTo(on.server)): Promise<string[]> {
  const { server, world, callers } = on
  const faults: string[] = []
  const db = server.app.core.orm.db()
  const before = await rowsOf(db, world.app.app.id)
  for (const [index, input] of inputsOf(name, world.named).entries()) {
    for (const caller of callers) {
      const verdict = verdictOf(caller, name, mentioned(input, world.named))
      if (verdict === 'allowed') continue
      const answer = await send(caller, name, input)
      const wrong = await fault(verdict, name, answer, world.named, async () => {
        const ghosts = ghostOf(world.named)
        return [await sendTo(server)(caller, name, inputsOf(name, ghosts)[index] ?? {}), ghosts]
      })
      const told = [...(wrong === null ? [] : [wrong]), ...leaks(whole(answer), caller, on)]
      faults.push(...told.map((one) => `${caller.name}, request ${index}, ${verdict}: ${one}`))
    }
  }
  const after = await rowsOf(db, world.app.app.id)
  for (const kind of Object.keys(before)) {
    const [was, is] = [before[kind] ?? [], after[kind] ?? []]
    const changed = [...is.filter((row) => !was.includes(row)), ...was.filter((row) => !is.includes(row))]
    faults.push(...changed.map((row) => `a row of ${kind} changed: ${row}`))
  }
  return faults
}

/** The same for every caller whom the model allows; what changes an object gets a world of its own. */
export async function allowanceFaults(on: Stage, name: OperationName, send = sendTo(on.server)): Promise<string[]> {
  const faults: string[] = []
  for (const [index, probe] of inputsOf(name, on.world.named).entries()) {
    const kinds = mentioned(probe, on.world.named)
    const spends = !paths[name].startsWith('GET') && kinds.length > 0
    // What is public asks for no credential, and looks at none.
    const may = (one: Caller) => (table[name].access === 'public' ? one.token === on.callers[0]?.token : verdictOf(one, name, kinds) === 'allowed')
    for (const known of on.callers.filter(may)) {
      const world = spends ? await newWorld(on.server, { visitor: on.world.ownerKind === 'visitor' }) : on.world
      const caller = spends ? (callersOf(on.server, world, on.elsewhere).find((one) => one.name === known.name) ?? known) : known
      const told = await allowed({ ...on, world }, name, index, caller, send)
      faults.push(...told.map((one) => `${caller.name}, request ${index}: ${one}`))
    }
  }
  return faults
}

async function allowed(on: Stage, name: OperationName, index: number, caller: Caller, send: Send): Promise<string[]> {
  const { status, access } = table[name]
  const answer = await send(caller, name, inputsOf(name, on.world.named)[index] ?? {})
  const wrong = answer.status === status ? [] : [`answered ${answer.status} ${answer.text.slice(0, 300)}`]
  return access === 'public' ? wrong : [...wrong, ...leaks(whole(answer), caller, on)]
}
