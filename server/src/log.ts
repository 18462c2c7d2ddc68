import { type DestinationStream, type Logger, pino } from 'pino'

export type Log = Logger

/** Where secrets could stand in something that is logged. Bodies are never logged. */
const secret = ['authorization', 'cookie', 'x-api-key', 'x-ping-api-key', 'token', 'secret', 'key', 'password']

const longest = 2048
const clip = (text: string) => (text.length > longest ? `${text.slice(0, longest)}…` : text)

/**
 * JSON lines on stderr, so that stdout keeps what a person asked for. JSON escapes line breaks and terminal codes; header values are clipped
 * to 2 KiB.
 */
export function createLog(level: string, destination?: DestinationStream): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: secret.flatMap((name) => [`["${name}"]`, `*["${name}"]`, `*.*["${name}"]`]), censor: '[redacted]' },
      serializers: { err: describeError },
      hooks: {
        logMethod(args, method) {
          const [first, ...rest] = args
          if (first && typeof first === 'object') method.apply(this, [clipStrings(first), ...rest] as Parameters<typeof method>)
          else method.apply(this, args)
        },
      },
    },
    destination ?? pino.destination({ dest: 2, sync: false }),
  )
}

function clipStrings(fields: object): object {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, typeof value === 'string' ? clip(value) : value]))
}

/** What has the members of an error is one: libraries hand on copies. */
const isError = (err: unknown): err is Error => err instanceof Error || (err instanceof Object && 'message' in err && typeof err.message === 'string')

/** Type, message, code and stack: never the other members of an error, which in database drivers carry rows and parameters. */
function describeError(err: unknown) {
  if (!isError(err)) return { message: clip(String(err)) }
  const code = 'code' in err ? String(err.code) : undefined
  return { type: err.name, message: clip(err.message), ...(code ? { code } : {}), stack: clip(err.stack ?? '') }
}
