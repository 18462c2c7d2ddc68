import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { limits } from '@support-widget/shared/limits.ts'
import * as z from 'zod'

/** A variable that stops the start; its message is one readable line. */
export class ConfigError extends Error {}

export interface Config {
  port: number
  host: string
  databaseUrl: string | null
  dataDir: string
  /** Base of every link to us, without a trailing slash. */
  publicUrl: string
  /** 32 bytes each: the first encrypts and signs, all decrypt and verify. */
  secretKeys: [Buffer, ...Buffer[]]
  /** Number of proxies in front, or their networks. */
  trustProxy: number | string[]
  /** Factor on the default limits; null is off. */
  rateLimits: number | null
  /** Null keeps mail queued. `from` is an address alone: each app's name stands before it. */
  smtp: { url: string; from: string; replyDomain: string | null } | null
  logLevel: string
  demo: boolean
}

type Env = Record<string, string | undefined>

const prefixes = /^(DATABASE_|REDIS_|SMTP_|MAIL_|S3_|SECRET_|RATE_)/
const loopback = /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/

const url = (protocols: RegExp, what: string) =>
  z.string().refine((value) => URL.canParse(value) && protocols.test(new URL(value).protocol), `must be ${what}`)
const secretKey = z
  .string()
  .refine((value) => /^[A-Za-z0-9+/]{43}=?$/.test(value), 'must be 32 bytes in base64 (make one with: openssl rand -base64 32)')
  .transform((value) => Buffer.from(value, 'base64'))

/** One mail address, which also may be of a machine without a domain. */
const isAddress = (given: string) => given.length <= limits.email && /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(given)

/** An address, a network in CIDR form, or one of the names for private ones. */
function isNetwork(given: string): boolean {
  const [address = '', bits = '1', ...rest] = given.split('/')
  const longest = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0
  return /^(loopback|linklocal|uniquelocal)$/.test(given) || (rest.length === 0 && /^[1-9]\d{0,2}$/.test(bits) && Number(bits) <= longest)
}

/** A variable that promises what this version does not do: whoever sets it would believe that it is done. */
const withoutEffect = (instead: string) =>
  z
    .string()
    .refine(() => false, `has no effect in this version (${instead}); remove it`)
    .optional()
const filesInS3 = withoutEffect('attachments are kept in DATA_DIR')

const variables = z.object({
  PORT: z
    .string()
    .regex(/^\d{1,5}$/, 'must be a port, 0 to 65535')
    .transform(Number)
    .refine((port) => port <= 65_535, 'must be a port, 0 to 65535')
    .default(3000),
  HOST: z
    .string()
    .regex(/^[\w.:-]+$/, 'must be a host name or an address')
    .optional(),
  DATABASE_URL: url(/^postgres(ql)?:$/, 'a postgres:// URL').optional(),
  DATA_DIR: z.string().default('./.data'),
  REDIS_URL: withoutEffect('run one process'),
  PUBLIC_URL: url(/^https?:$/, 'an http(s) URL')
    .refine((value) => URL.canParse(value) && /^\/?$/.test(new URL(value).pathname + new URL(value).search), 'must have no path')
    .optional(),
  SECRET_KEY: secretKey.optional(),
  SECRET_KEY_PREVIOUS: secretKey.optional(),
  TRUST_PROXY: z
    .string()
    .refine(
      (value) => /^\d{1,2}$/.test(value) || value.split(',').every((one) => isNetwork(one.trim())),
      'must be a number of proxies or their networks',
    )
    .transform((value) => (/^\d+$/.test(value) ? Number(value) : value.split(',').map((one) => one.trim())))
    .default(0),
  RATE_LIMITS: z.enum(['on', 'off'], { error: 'must be on or off' }).default('on'),
  SMTP_URL: url(/^smtps?:$/, 'an smtp:// or smtps:// URL')
    .refine((value) => URL.canParse(value) && new URL(value).hostname !== '', 'must name a host')
    .optional(),
  MAIL_FROM: z
    .string()
    .transform((value) => /^[^<>\p{Cc}]*<([^<>]+)>$/u.exec(value)?.[1] ?? value)
    .refine((value) => isAddress(value), 'must be an address, such as support@example.com')
    .optional(),
  MAIL_REPLY_DOMAIN: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i, 'must be a domain, such as reply.example.com')
    .max(180, 'must be a domain of 180 characters at most')
    .optional(),
  S3_URL: filesInS3,
  S3_BUCKET: filesInS3,
  S3_REGION: filesInS3,
  S3_ACCESS_KEY_ID: filesInS3,
  S3_SECRET_ACCESS_KEY: filesInS3,
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], { error: 'must be fatal, error, warn, info, debug, trace or silent' })
    .default('info'),
  DEMO: z.enum(['0', '1'], { error: 'must be 0 or 1' }).default('0'),
})

/**
 * The environment → a config. An empty variable is one that is not set. Throws {@link ConfigError} with one readable line that names the variable.
 * In the demo a missing SECRET_KEY is made once and kept in DATA_DIR.
 */
export function readConfig(env: Env): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''))
  for (const name of Object.keys(given)) {
    if (prefixes.test(name) && !(name in variables.shape)) throw new ConfigError(`${name}: there is no such variable.`)
  }
  const parsed = variables.safeParse(given)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new ConfigError(`${String(issue?.path[0])}: ${issue?.message}.`)
  }
  const vars = parsed.data
  const demo = vars.DEMO === '1'
  const host = vars.HOST ?? (demo ? '127.0.0.1' : '0.0.0.0')
  const publicUrl = new URL(vars.PUBLIC_URL ?? `http://localhost:${vars.PORT}`)
  checkTogether(vars, demo, host, publicUrl)
  return {
    port: vars.PORT,
    host,
    databaseUrl: vars.DATABASE_URL ?? null,
    dataDir: vars.DATA_DIR,
    publicUrl: publicUrl.origin,
    secretKeys: secretKeys(vars, demo),
    trustProxy: vars.TRUST_PROXY,
    rateLimits: vars.RATE_LIMITS === 'off' ? null : demo ? 20 : 1,
    smtp: smtp(vars),
    logLevel: vars.LOG_LEVEL,
    demo,
  }
}

type Variables = z.output<typeof variables>

function checkTogether(vars: Variables, demo: boolean, host: string, publicUrl: URL): void {
  if (vars.RATE_LIMITS === 'off' && !loopback.test(host)) throw new ConfigError('RATE_LIMITS: off is allowed only with a loopback HOST.')
  if (demo && !loopback.test(publicUrl.hostname))
    throw new ConfigError('DEMO: refused with a public PUBLIC_URL, because the demo signs tokens for anybody.')
}

function secretKeys(vars: Variables, demo: boolean): [Buffer, ...Buffer[]] {
  const previous = vars.SECRET_KEY_PREVIOUS ? [vars.SECRET_KEY_PREVIOUS] : []
  if (vars.SECRET_KEY) return [vars.SECRET_KEY, ...previous]
  const file = join(vars.DATA_DIR, 'secret-key')
  if (!demo && existsSync(file)) throw new ConfigError(`SECRET_KEY: is required; this DATA_DIR is a demo's, and DEMO=1 uses its key in ${file}.`)
  if (!demo) throw new ConfigError('SECRET_KEY: is required (make one with: openssl rand -base64 32).')
  if (!existsSync(file)) {
    mkdirSync(vars.DATA_DIR, { recursive: true })
    writeFileSync(file, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flag: 'wx' })
  }
  const made = secretKey.safeParse(readFileSync(file, 'utf8').trim())
  if (!made.success) throw new ConfigError(`SECRET_KEY: ${file} does not hold 32 bytes in base64.`)
  return [made.data, ...previous]
}

function smtp(vars: Variables): Config['smtp'] {
  if (!vars.SMTP_URL) return null
  if (!vars.MAIL_FROM) throw new ConfigError('MAIL_FROM: is required with SMTP_URL.')
  return { url: vars.SMTP_URL, from: vars.MAIL_FROM, replyDomain: vars.MAIL_REPLY_DOMAIN ?? null }
}
