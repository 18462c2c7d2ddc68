import { killAll } from '../support/process.ts'
import { crashes } from './crashes.ts'
import { hooks } from './hooks.ts'
import { outages } from './outages.ts'
import { storms } from './storms.ts'

/**
 * `npm run faults`: breaks a server and its PostgreSQL under load, and compares what was acknowledged with what is there. Arguments pick faults by id; `SECONDS=` says how long each
 * goes on (30). Prints the figures of each; ends with the totals, alone on the last line.
 */
const seconds = Number(process.env.SECONDS ?? 30)
const only = process.argv.slice(2)
const faults = [...crashes, ...hooks, ...outages, ...storms].filter(({ id }) => only.length === 0 || only.includes(id))

let failed = 0
for (const { id, about, run } of faults) {
  const verdict = await run({ seconds }).catch((err: unknown) => ({ figures: {}, faults: [String(err)] }))
  const figures = Object.entries(verdict.figures).map(([name, value]) => `${name} ${value}`)
  process.stdout.write(`${verdict.faults.length === 0 ? 'ok  ' : 'FAIL'} ${id}: ${about}\n       ${figures.join(', ')}\n`)
  for (const fault of verdict.faults) process.stdout.write(`       not so: ${fault}\n`)
  if (verdict.faults.length > 0) failed++
}
await killAll()
process.stdout.write(`${faults.length - failed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 && faults.length > 0 ? 0 : 1
