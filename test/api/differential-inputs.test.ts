import type { OperationName, RequestInput } from '@support-widget/shared/paths.ts'
import { beforeAll, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { type Caller, verdictOf } from '../support/callers.ts'
import { anonymous, inputsOf, leaks, mentioned, names, newStage, type Stage, sendTo, table, whole } from '../support/differential.ts'
import type { Named } from '../support/examples.ts'
import { rowsOf } from '../support/rows.ts'
import { sharedServer } from '../support/server.ts'
import { ghostOf } from '../support/world.ts'

/** Ids, search texts and filters of others inside the input of somebody who may call. */

let on: Stage
beforeAll(async () => {
  on = await newStage(await sharedServer())
})

/** Strings without a bound in an input are ids, because everything that people write is bounded; these are neither. */
const notIds: Record<string, string> = {
  'getAttachment query.exp': 'the end of a signed link',
  'getAttachment query.sig': 'the signature of a signed link',
}

/** Every place of an operation's input that takes any string, as `body.ids` or `query.assignee`. */
function idPlaces(name: OperationName): string[] {
  const { params, query, body } = table[name]
  const parts = Object.entries({ params, query, body }).filter((part): part is [string, z.ZodObject] => part[1] !== undefined)
  const places = parts.flatMap(([part, shape]) => looseStrings(z.toJSONSchema(shape, { io: 'input', unrepresentable: 'any' }) as Json, part))
  return [...new Set(places)].filter((place) => !Object.hasOwn(notIds, `${name} ${place}`))
}

type Json = Record<string, unknown>
const isNode = (value: unknown): value is Json => value !== null && typeof value === 'object' && !Array.isArray(value)

function looseStrings(schema: unknown, at: string): string[] {
  if (!isNode(schema)) return []
  const bounds = ['maxLength', 'pattern', 'format', 'enum', 'const']
  const own = schema.type === 'string' && !bounds.some((bound) => bound in schema) ? [at] : []
  const choices = ['anyOf', 'oneOf', 'allOf'].flatMap((key) => (Array.isArray(schema[key]) ? (schema[key] as unknown[]) : []))
  const properties = isNode(schema.properties) ? Object.entries(schema.properties) : []
  return [
    ...own,
    ...choices.flatMap((one) => looseStrings(one, at)),
    ...looseStrings(schema.items, at),
    ...properties.flatMap(([key, one]) => looseStrings(one, `${at}.${key}`)),
  ]
}

function valueAt(input: RequestInput, place: string): string {
  const value = place.split('.').reduce<unknown>((node, key) => (isNode(node) ? node[key] : undefined), input)
  return JSON.stringify(value ?? null)
}

describe.each(names)('operation %s', (name) => {
  test('C57: every place of its input that can name an object names one in an example', async () => {
    const { world } = on
    const inputs = inputsOf(name, world.named)
    const ids = Object.values(world.named)
    const silent = idPlaces(name).filter((place) => !inputs.some((input) => ids.some((id) => valueAt(input, place).includes(id))))
    expect(silent).toEqual([])
  })

  test('C57: an id of another app, or of a customer who is not the caller, is as an unknown one wherever it stands', async () => {
    const { server, world, elsewhere } = on
    const send = sendTo(server)
    const before = await untouched(on)
    for (const { caller, index, kind, strangers } of mixtures(on, name)) {
      const ghosts = { ...world.named, [kind]: ghostOf(world.named)[kind] }
      const unknown = await send(caller, name, inputsOf(name, ghosts)[index] ?? {})
      for (const stranger of strangers) {
        const mixed: Named = { ...world.named, [kind]: stranger.named[kind] }
        const answer = await send(caller, name, inputsOf(name, mixed)[index] ?? {})
        expect(anonymous(answer, mixed), `request ${index} with ${kind}`).toBe(anonymous(unknown, ghosts))
        expect(leaks(whole(answer), caller, { world, elsewhere }), `request ${index} with ${kind}`).toEqual([])
      }
    }
    expect(await untouched(on)).toEqual(before)
  })
})

/** Every row of both apps, but for what the caller's own app logs of its reading. */
async function untouched({ server, world, elsewhere }: Stage) {
  const db = server.app.core.orm.db()
  const { audit_log: _, ...own } = await rowsOf(db, world.app.app.id)
  return [own, await rowsOf(db, elsewhere.app.app.id)]
}

/** Who may send a request, with each kind of object in it that could be somebody else's. */
function mixtures({ world, elsewhere, neighbour, callers }: Stage, name: OperationName) {
  const { access } = table[name]
  if (access === 'public') return []
  const strangers = access === 'customer' ? [elsewhere, neighbour] : [elsewhere]
  return inputsOf(name, world.named).flatMap((input, index) => {
    const kinds = mentioned(input, world.named)
    const caller = callers.find((one) => one.owns === (access === 'customer') && verdictOf(one, name, kinds) === 'allowed')
    if (!caller) throw new Error(`nobody may send request ${index} of ${name}`)
    // Whoever holds a visitor's token is that visitor.
    return kinds.filter((kind) => kind !== 'visitor' || strangers.length === 1).map((kind) => ({ caller, index, kind, strangers }))
  })
}

const searching = names.filter((name) => Object.hasOwn(table[name].query?.shape ?? {}, 'search'))

describe.each(searching)('operation %s', (name) => {
  test('C60: a search for what stands in the texts of others finds as much as one for nothing that is', async () => {
    const send = sendTo(on.server)
    const callers = on.callers.filter((one) => verdictOf(one, name, []) === 'allowed')
    expect(callers.length).toBeGreaterThan(0)
    for (const caller of callers) {
      const nothing = await send(caller, name, { query: { search: 'zqnothing' } })
      expect(nothing.status).toBe(200)
      for (const mark of othersMarks(on, caller, name)) {
        const found = await send(caller, name, { query: { search: mark } })
        expect(found.text, `${caller.name} searches ${mark}`).toBe(nothing.text)
      }
    }
  })
})

/** What stands in the texts of those worlds that are not the caller's. */
function othersMarks({ world, elsewhere, neighbour }: Stage, caller: Caller, name: OperationName): string[] {
  const asCustomer = table[name].access === 'customer'
  const own = asCustomer ? [caller.here ? (caller.owns ? world : neighbour) : elsewhere] : caller.here ? [world, neighbour] : [elsewhere]
  const others = [world, elsewhere, neighbour].filter((one) => !own.includes(one))
  return others.flatMap(({ marks, named }) => [marks.shared, marks.agents, named.ticket])
}
