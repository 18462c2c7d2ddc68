import { setTimeout as sleep } from 'node:timers/promises'
import { type HookScene, isSame, withHooks, writeEvents } from './hook-scene.ts'
import { broken, type Fault } from './verdict.ts'

/** Of one endpoint so many requests are under way at most. */
const underWay = 4
const events = 1_000

async function killWhileSending({ stage, until, count }: HookScene, seconds: number) {
  const writing = writeEvents(stage, events)
  let kills = 0
  for (let rest = seconds; rest > 0; rest -= 3) {
    await sleep(3_000)
    await stage.killServer()
    kills++
    await stage.startServer()
  }
  await writing
  const took = await until(`state = 'pending'`)
  return { kills, open: await count(`state <> 'delivered'`), took }
}

export const hooks: Fault[] = [
  {
    id: 'D7',
    about: `the server is killed every 3 s while it sends ${events} events to an endpoint`,
    run: ({ seconds }) =>
      withHooks(
        (_, response) => setTimeout(() => response.writeHead(204).end(), 25),
        async (scene) => {
          const { kills, open, took } = await killWhileSending(scene, seconds)
          const { got } = scene
          const written = await scene.written()
          const twice = [...got.values()].reduce((sum, count) => sum + count - 1, 0)
          const missing = [...written].filter((id) => !got.has(id)).length
          return {
            figures: { events: written.size, kills, missing, 'sent again': twice, 'not delivered': open, 'drained after ms': Math.round(took) },
            faults: broken({
              'every event arrived, and nothing else': isSame(got.keys(), written) && written.size === events,
              'sent again is at most what was under way': twice <= kills * underWay,
              'nothing is stuck': open === 0,
            }),
          }
        },
      ),
  },
]
