import { setTimeout as sleep } from 'node:timers/promises'
import { type Load, type LoadOptions, type Report, startLoad } from './load.ts'
import { openStage, type Stage } from './stage.ts'
import { broken, type Fault, quantile, type Verdict } from './verdict.ts'

const usual: LoadOptions = { users: 20, rate: 5, named: true }

/** Breaks a stage under load again and again, and answers what came of it. */
async function underLoad(stage: Stage, load: LoadOptions, breakIt: (load: Load) => Promise<void>): Promise<Report> {
  try {
    const running = await startLoad(stage, load)
    await running.allCame()
    await sleep(1_000)
    await breakIt(running)
    await sleep(1_000)
    return await running.finish()
  } finally {
    await stage.close()
  }
}

const figuresOf = (report: Report): Verdict['figures'] => ({
  acked: report.acked,
  lost: report.lost,
  duplicated: report.duplicated,
  'out of order': report.outOfOrder,
  gaps: report.gaps,
  misread: report.misread,
  'unacked but there': report.unackedButPresent,
  'longest outage ms': Math.round(report.outage),
  refused: JSON.stringify(report.refused),
})

/** What holds whatever breaks. */
const kept = (report: Report) => ({
  'nothing acknowledged is lost': report.lost === 0 && report.acked > 0,
  'nothing is there twice': report.duplicated === 0,
  'every reader has the same order': report.outOfOrder === 0 && report.gaps === 0 && report.misread === 0,
  'no 5xx but 503': Object.keys(report.refused).every((status) => status === '503' || status < '500'),
})

async function killServer(stage: Stage, load: LoadOptions, seconds: number): Promise<Report> {
  return underLoad(stage, load, async () => {
    for (let rest = seconds; rest > 0; rest -= 5) {
      await sleep(5_000)
      await stage.killServer()
      await stage.startServer()
    }
  })
}

/** Kills PostgreSQL every ten seconds and lets it lie for one. Answers how long the slowest return took, ms. */
async function killDatabase(stage: Stage, load: Load, seconds: number): Promise<number> {
  let slowest = 0
  for (let rest = seconds; rest > 0; rest -= 10) {
    await sleep(8_000)
    await stage.postgres.kill()
    await sleep(1_000)
    await stage.postgres.start()
    slowest = Math.max(slowest, await untilAcked(load))
  }
  return slowest
}

/** How long until the next write is acknowledged, ms. */
async function untilAcked(load: Load): Promise<number> {
  const [before, started] = [load.acked(), performance.now()]
  while (load.acked() === before && performance.now() - started < 60_000) await sleep(20)
  return performance.now() - started
}

export const crashes: Fault[] = [
  {
    id: 'D1',
    about: 'the server is killed every 5 s',
    async run({ seconds }) {
      const report = await killServer(await openStage(), usual, seconds)
      return { figures: figuresOf(report), faults: broken({ ...kept(report), 'each outage takes 5 s at most': report.outage <= 5_000 }) }
    },
  },
  {
    id: 'D1-control',
    about: 'the same with a new name for each attempt: must be found out',
    async run() {
      const report = await killServer(await openStage(), { ...usual, named: false }, 5)
      return { figures: figuresOf(report), faults: broken({ 'doubled messages are found': report.duplicated > 0 }) }
    },
  },
  {
    id: 'D2',
    about: 'PostgreSQL is killed every 10 s',
    async run({ seconds }) {
      const stage = await openStage()
      let slowest = 0
      let stayedUp = false
      const report = await underLoad(stage, usual, async (load) => {
        slowest = await killDatabase(stage, load, seconds)
        stayedUp = stage.isUp()
      })
      const p99 = quantile(report.refusals, 0.99)
      return {
        figures: { ...figuresOf(report), 'slowest return ms': Math.round(slowest), 'p99 of refusals ms': p99 },
        faults: broken({
          ...kept(report),
          'every 503 says Retry-After': report.bare === 0,
          'refused within 2 s': p99 <= 2_000,
          'back within 5 s': slowest <= 5_000,
          'the process stays': stayedUp,
        }),
      }
    },
  },
  {
    id: 'D3-control',
    about: 'the same with synchronous_commit off: losses must be found out',
    async run({ seconds }) {
      const stage = await openStage(['synchronous_commit=off', 'wal_writer_delay=1000'])
      const report = await underLoad(stage, usual, async (load) => void (await killDatabase(stage, load, seconds)))
      return { figures: figuresOf(report), faults: broken({ 'losses are found': report.lost > 0 }) }
    },
  },
  {
    id: 'D5',
    about: 'PostgreSQL does not answer for a while',
    async run({ seconds }) {
      const stage = await openStage()
      let back = 0
      const report = await underLoad(stage, { users: 200, rate: 0.5, named: true }, async (load) => {
        stage.postgres.signal('SIGSTOP')
        await sleep(seconds * 1000)
        stage.postgres.signal('SIGCONT')
        back = await untilAcked(load)
      })
      const p99 = quantile(report.refusals, 0.99)
      return {
        figures: {
          ...figuresOf(report),
          'back after ms': Math.round(back),
          'p50 / p99 of refusals ms': `${quantile(report.refusals, 0.5)} / ${p99}`,
          hung: report.hung,
        },
        faults: broken({
          ...kept(report),
          'nothing hangs for 10 s': report.hung === 0,
          'refused within 2 s': p99 <= 2_000,
          'back within 10 s': back <= 10_000,
          'every 503 says Retry-After': report.bare === 0,
        }),
      }
    },
  },
]
