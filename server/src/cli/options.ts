import { parseArgs } from 'node:util'
import { ConfigError } from '../config.ts'

/** A call that cannot be understood; its message is what to do. */
export class UsageError extends ConfigError {}

/** One option of a command: a word, several words, or a switch. */
export interface Option {
  /** What stands behind it in the help; a switch has none. */
  value?: string
  many?: true
  required?: true
  about: string
}
export type Options = Record<string, Option>

/** What was given, by option: words in their order; a switch has none. */
export type Given = ReadonlyMap<string, readonly string[]>

/** The words of a call before its options, such as `app create`. */
export const wordsOf = (args: readonly string[]): string[] => {
  const end = args.findIndex((arg) => arg.startsWith('-'))
  return args.slice(0, end < 0 ? args.length : end)
}

/** Reads the options of a command. Throws {@link UsageError} that names the option. */
export function readOptions(command: string, options: Options, args: readonly string[]): Given {
  const shapes = Object.fromEntries(
    Object.entries(options).map(([name, { value }]) => [name, { type: value ? ('string' as const) : ('boolean' as const) }]),
  )
  const { tokens } = parseArgs({ args: [...args], options: shapes, strict: false, allowPositionals: true, tokens: true })
  const given = new Map<string, string[]>()
  for (const token of tokens) {
    if (token.kind === 'positional') throw new UsageError(`${token.value}: what is this? Options begin with --. See: ${command} --help`)
    if (token.kind !== 'option') continue
    const { rawName, value, inlineValue } = token
    const option = Object.hasOwn(options, token.name) && rawName.startsWith('--') ? options[token.name] : undefined
    if (!option) throw new UsageError(`${rawName}: there is no such option. See: ${command} --help`)
    const words = given.get(token.name)
    if (words && !option.many) throw new UsageError(`${rawName}: is given twice.`)
    given.set(token.name, [...(words ?? []), ...wordOf(rawName, option, value, inlineValue === true)])
  }
  needRequired(command, options, given)
  return given
}

function needRequired(command: string, options: Options, given: Given): void {
  for (const [name, option] of Object.entries(options)) {
    if (option.required && !given.has(name)) throw new UsageError(`--${name} ${option.value}: is missing. See: ${command} --help`)
  }
}

function wordOf(name: string, option: Option, value: string | undefined, inline: boolean): string[] {
  if (!option.value) {
    if (inline) throw new UsageError(`${name}: takes no value.`)
    return []
  }
  // What looks like the next option is one, unless it stands behind an equals sign.
  if (value === undefined || value === '' || (!inline && value.startsWith('-'))) throw new UsageError(`${name} ${option.value}: needs a value.`)
  return [value]
}

/** The options of a command, a line each. */
export function describe(options: Options): string {
  const lines = Object.entries(options).map(([name, { value, about, required, many }]) => {
    const note = [required ? 'required' : '', many ? 'may be repeated' : ''].filter(Boolean).join(', ')
    return `  ${`--${name}${value ? ` ${value}` : ''}`.padEnd(26)} ${about}${note ? ` (${note})` : ''}`
  })
  return lines.join('\n')
}
