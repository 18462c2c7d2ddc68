import { beforeAll, describe, expect, test } from 'vitest'
import { type Engine, load } from './bundles.ts'
import { type Client, Stage, scenarios } from './scenarios.ts'

describe.each<Engine>(['stock', 'own'])('socket.io-client over the %s engine', (engine) => {
  let client: Client

  beforeAll(async () => {
    client = await load<Client>('client.ts', engine)
  })

  test.each(Object.entries(scenarios))('%s', async (_, [scenario, expected]) => {
    const stage = new Stage(client)
    try {
      await scenario(stage)
      expect(stage.log).toEqual(expected)
    } finally {
      await stage.end()
    }
  })
})
