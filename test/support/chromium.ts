import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const known = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/usr/bin/google-chrome-stable']

/** The browser that tests run in, if there is one: CHROMIUM, a system's, or Playwright's own. */
export function findChromium(): string | null {
  const own = chromium.executablePath()
  return [process.env.CHROMIUM, ...known, own].find((path) => path && existsSync(path)) ?? null
}

/** Finds Chromium or fetches it: Debian's package as root, else Playwright's own. Throws with one readable line. */
export function needChromium(): string {
  const found = findChromium()
  if (found) return found
  const ways: [string, string[]][] = []
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    ways.push(['/usr/bin/apt-get', ['update', '-q']], ['/usr/bin/apt-get', ['install', '-y', '-q', '--no-install-recommends', 'chromium']])
  } else {
    ways.push([process.execPath, [new URL('../node_modules/playwright-core/cli.js', import.meta.url).pathname, 'install', 'chromium', '--with-deps']])
  }
  for (const [command, args] of ways) attempt(command, args)
  const fetched = findChromium()
  if (fetched) return fetched
  throw new Error('The browser tests need Chromium: install it (Debian: apt-get install chromium), or name it in CHROMIUM.')
}

/** A way that fails is followed by the one line that says what is missing. */
function attempt(command: string, args: string[]): void {
  try {
    execFileSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })
  } catch {
    process.stderr.write(`could not run: ${command} ${args.join(' ')}\n`)
  }
}

const quiet = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']

/** Starts the browser; as root it runs without its sandbox, because it refuses otherwise. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: needChromium(), args: quiet, chromiumSandbox: process.getuid?.() !== 0 })
}
