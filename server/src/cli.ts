import { type Command, commands, optionOf } from './cli/commands.ts'
import { describe, type Given, type Options, readOptions, UsageError, wordsOf } from './cli/options.ts'
import { readable } from './cli/print.ts'
import { ConfigError } from './config.ts'
import { Refusal } from './errors.ts'

const everywhere: Options = { json: { about: 'prints JSON and nothing else' }, help: { about: 'prints this' } }

const usage = `Makes apps and their keys. Reads the same variables as the server; with PostgreSQL the server may run meanwhile.

${Object.entries(commands)
  .map(([words, { about }]) => `  ${words.padEnd(14)} ${about}`)
  .join('\n')}

COMMAND --help tells its options. Ends with 0 when it is done, 1 when it cannot be done, 2 when the call is not understood.
`

const helpOf = (words: string, { about, options }: Command) => `${words}: ${about}\n\n${describe({ ...options, ...everywhere })}\n`

async function run(args: string[]): Promise<string> {
  const words = wordsOf(args)
  const name = words.join(' ')
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!command && words.length === 0 && args.includes('--help')) return usage
  if (!command) throw new UsageError(args.length === 0 ? usage : `${name || args[0]}: there is no such command.\n\n${usage}`)
  const rest = args.slice(words.length)
  if (rest.includes('--help')) return helpOf(name, command)
  const given: Given = readOptions(name, { ...command.options, ...everywhere }, rest)
  const work = command.plan(given)
  // Loaded only now: help, and what is wrong with the call, come at once.
  const { withDatabase } = await import('./cli/database.ts')
  const said = await withDatabase(work)
  return given.has('json') ? `${JSON.stringify(said)}\n` : readable(said)
}

/** What was refused, by the options that are at fault where the input was. */
function told({ code, faults = [], message }: Refusal): string {
  if (code !== 'invalid_request' || faults.length === 0) return message
  return faults.map((fault) => `${optionOf(fault.location.replace('body.', ''))}: ${fault.message}.`).join('\n')
}

try {
  process.stdout.write(await run(process.argv.slice(2)))
} catch (err) {
  if (err instanceof UsageError) {
    process.stderr.write(`${err.message.trimEnd()}\n`)
    process.exitCode = 2
  } else {
    const { fail } = await import('./main.ts')
    fail(err instanceof Refusal ? new ConfigError(told(err)) : err)
  }
}
