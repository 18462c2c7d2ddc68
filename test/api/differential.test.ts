import { beforeAll, describe, expect, test } from 'vitest'
import { allowanceFaults, names, newStage, refusalFaults, type Stage, table } from '../support/differential.ts'
import { sharedServer } from '../support/server.ts'

/**
 * Every operation of the table, sent by everybody, with the objects of one world: the verdict must be what the model of test/support/callers.ts says. An operation that is
 * added is covered here without being named.
 */

let on: Stage
let visited: Stage
beforeAll(async () => {
  on = await newStage(await sharedServer())
  visited = await newStage(await sharedServer(), { visitor: true })
})

// All refusals first: what is allowed may change what a caller says of themselves.
describe.each(names)('operation %s', (name) => {
  test('C60: C54: C56: C59: whoever may not is told so, or nothing at all, reads no byte and changes no row', async () => {
    expect(await refusalFaults(on, name)).toEqual([])
  })
})

describe.each(names)('operation %s', (name) => {
  test('WALL-4: whoever may is answered, without a byte of anybody else', async () => {
    expect(await allowanceFaults(on, name)).toEqual([])
  })
})

describe.each(names.filter((name) => table[name].access === 'customer'))('operation %s in the world of a visitor', (name) => {
  test('WALL-4: C60: C63: what a visitor has is theirs alone, just the same', async () => {
    expect(await refusalFaults(visited, name)).toEqual([])
    expect(await allowanceFaults(visited, name)).toEqual([])
  })
})

test('C115: nothing that was written or shown in all of this stands in the log', async () => {
  const { server, world, elsewhere, neighbour, callers } = on
  const logged = server.logged().toLowerCase()
  const tokens = await Promise.all(callers.map((caller) => caller.token()))
  for (const { marks, app, named } of [world, elsewhere, neighbour])
    for (const secret of [marks.any, app.secret, app.adminKey, named.deskCode, named.visitor]) expect(logged).not.toContain(secret.toLowerCase())
  for (const token of tokens) if (token) expect(logged).not.toContain(token.toLowerCase())
})
