import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { type Answer, request } from './client.ts'

const execute = promisify(execFile)

/** The words of a POSIX shell line: quotes, a backslash outside of them, a line that goes on. */
export function words(line: string): string[] {
  const found = line.replace(/\\\n/g, ' ').match(/(?:'[^']*'|"(?:[^"\\]|\\.)*"|\\.|[^\s'"\\])+/gs) ?? []
  return found.map((word) =>
    word.replace(/'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)/gs, (_, single?: string, double?: string, escaped?: string) => {
      return single ?? double?.replace(/\\([\\"$`])/g, '$1') ?? escaped ?? ''
    }),
  )
}

/**
 * Runs a curl line as a document prints it, with `replaced` (its base URL, its credential) in the place of what it says. On a machine without curl the request is made of the
 * line's words by ourselves.
 */
export async function curl(line: string, replaced: Record<string, string>): Promise<Answer> {
  let command = line
  for (const [printed, ours] of Object.entries(replaced)) {
    if (!command.includes(printed)) throw new Error(`the line does not have ${printed}`)
    command = command.replaceAll(printed, ours)
  }
  const [program, ...args] = words(command)
  if (program !== 'curl') throw new Error(`not a curl line: ${program}`)
  const options = ['--silent', '--show-error', '--noproxy', '*', '--include']
  try {
    return answerOf((await execute('curl', [...options, ...args])).stdout)
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== 'ENOENT') throw err
    return send(args)
  }
}

function answerOf(text: string): Answer {
  const end = text.indexOf('\r\n\r\n')
  const [first = '', ...lines] = text.slice(0, end).split('\r\n')
  const headers = new Headers(lines.map((one) => [one.slice(0, one.indexOf(':')), one.slice(one.indexOf(':') + 1).trim()] as [string, string]))
  const body = text.slice(end + 4)
  return {
    status: Number(first.split(' ')[1]),
    headers,
    text: body,
    body: /json/.test(headers.get('content-type') ?? '') ? JSON.parse(body) : undefined,
  }
}

function send(args: readonly string[]): Promise<Answer> {
  const headers = new Headers()
  const init: RequestInit = { headers }
  const options: Record<string, (value: string) => void> = {
    '-X': (method) => Object.assign(init, { method }),
    '-d': (body) => Object.assign(init, { body }),
    '-H': (line) => headers.append(line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()),
  }
  let url = ''
  for (let at = 0; at < args.length; at++) {
    const word = args[at] ?? ''
    const option = options[word]
    if (option) option(args[++at] ?? '')
    else url = word
  }
  return request(url, init)
}
