import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ConfigError, readConfig } from './config.ts'

const SECRET_KEY = Buffer.alloc(32, 1).toString('base64')
const read = (env: Record<string, string | undefined>) => readConfig({ SECRET_KEY, ...env })

function lineOf(env: Record<string, string | undefined>): string {
  try {
    read(env)
  } catch (err) {
    if (err instanceof ConfigError) return err.message
    throw err
  }
  return 'taken'
}

describe('the environment', () => {
  test('CONF-1: defaults are those of the contract', () => {
    expect(read({})).toEqual({
      port: 3000,
      host: '0.0.0.0',
      databaseUrl: null,
      dataDir: './.data',
      publicUrl: 'http://localhost:3000',
      secretKeys: [Buffer.alloc(32, 1)],
      trustProxy: 0,
      rateLimits: 1,
      smtp: null,
      logLevel: 'info',
      demo: false,
    })
    expect(read({ DEMO: '1' })).toMatchObject({ host: '127.0.0.1', rateLimits: 20, demo: true })
  })

  test('CONF-2: every malformed variable is named in one line', () => {
    const bad: [string, string[]][] = [
      ['PORT', ['x', '-1', '65536', '3000.5', '0x10', ' 3000', '123456']],
      ['HOST', ['a b', 'http://x', 'x/y']],
      ['DATABASE_URL', ['x', 'mysql://x', 'localhost:5432', 'http://x']],
      ['PUBLIC_URL', ['x', 'ftp://x', 'https://x/path', 'https://x/?q', 'localhost:3000']],
      ['SECRET_KEY', ['x', 'a'.repeat(44), Buffer.alloc(31).toString('base64'), Buffer.alloc(33).toString('base64'), 'é'.repeat(43)]],
      ['SECRET_KEY_PREVIOUS', ['x']],
      ['TRUST_PROXY', ['x', '-1', '10.0.0.0/8,nope', '100', 'abc', 'true', '10.0.0.0/33', '::1/129', '10.0.0.0/0', '10.0.0/8', '1.2.3.4/8/8']],
      ['RATE_LIMITS', ['ON', '1', 'false']],
      ['SMTP_URL', ['x', 'http://x', 'smtp://', 'smtp:x', 'mail.example.com:25']],
      ['MAIL_FROM', ['x', 'a b@example.com', 'a@b, c@d', 'a@b\r\nBcc: c@d', 'Name a@b', '<a@b', '"a"@b', `${'a'.repeat(255)}@example.com`]],
      ['MAIL_REPLY_DOMAIN', ['a b', '@example.com', 'example.com.', '-x.com', 'a..b', 'exämple.com', 'a'.repeat(200)]],
      ['LOG_LEVEL', ['verbose', 'INFO']],
      ['DEMO', ['yes', 'true', '2']],
    ]
    for (const [name, values] of bad) {
      for (const value of values) {
        const line = lineOf({ [name]: value })
        expect(line, `${name}=${value}`).toMatch(new RegExp(`^${name}: [^\\n]+\\.$`))
      }
    }
  })

  test('CONF-3: no line tells the value of a variable', () => {
    for (const name of ['SECRET_KEY', 'SECRET_KEY_PREVIOUS', 'DATABASE_URL', 'SMTP_URL'])
      expect(lineOf({ [name]: 'hunter2' })).not.toContain('hunter2')
  })

  test('CONF-4: an unknown variable of ours is named; others are none of our business', () => {
    for (const name of ['DATABASE_POOL', 'REDIS_HOST', 'SMTP_HOST', 'MAIL_FORM', 'S3_KEY', 'SECRET_KEYS', 'RATE_LIMIT']) {
      expect(lineOf({ [name]: 'x' })).toBe(`${name}: there is no such variable.`)
    }
    expect(lineOf({ PATH: 'x', NODE_ENV: 'x', SECRETARY: 'x', DATABASE: 'x', constructor: 'x' })).toBe('taken')
  })

  test('CONF-5: an empty variable is one that is not set', () => {
    expect(read({ PORT: '', DATABASE_URL: '', S3_URL: '', S3_NOPE: '', RATE_LIMITS: undefined })).toMatchObject({ port: 3000, databaseUrl: null })
  })

  test('CONF-6: what needs another is refused without it', () => {
    expect(lineOf({ SECRET_KEY: '' })).toMatch(/^SECRET_KEY: is required/)
    expect(lineOf({ RATE_LIMITS: 'off' })).toMatch(/^RATE_LIMITS: off is allowed only with a loopback HOST/)
    expect(lineOf({ DEMO: '1', PUBLIC_URL: 'https://support.example.com' })).toMatch(/^DEMO: refused with a public PUBLIC_URL/)
    expect(lineOf({ SMTP_URL: 'smtp://x' })).toMatch(/^MAIL_FROM: is required/)
  })

  test('CONF-7: what is well-formed is taken', () => {
    expect(read({ RATE_LIMITS: 'off', HOST: '::1' }).rateLimits).toBeNull()
    expect(read({ TRUST_PROXY: '2' }).trustProxy).toBe(2)
    expect(read({ TRUST_PROXY: 'loopback, 10.0.0.0/8,fd00::/8' }).trustProxy).toEqual(['loopback', '10.0.0.0/8', 'fd00::/8'])
    expect(read({ PUBLIC_URL: 'https://support.example.com/' }).publicUrl).toBe('https://support.example.com')
    expect(read({ PORT: '8080' }).publicUrl).toBe('http://localhost:8080')
    expect(read({ SECRET_KEY_PREVIOUS: Buffer.alloc(32, 2).toString('base64') }).secretKeys).toEqual([Buffer.alloc(32, 1), Buffer.alloc(32, 2)])
    expect(read({ SMTP_URL: 'smtp://x', MAIL_FROM: 'Our Support <a@example.com>', MAIL_REPLY_DOMAIN: 'reply.example.com' }).smtp).toEqual({
      url: 'smtp://x',
      from: 'a@example.com',
      replyDomain: 'reply.example.com',
    })
    expect(read({ SMTP_URL: 'smtps://u:p@x', MAIL_FROM: 'a@b' }).smtp).toEqual({ url: 'smtps://u:p@x', from: 'a@b', replyDomain: null })
    expect(read({ DATABASE_URL: 'postgresql://u@h/d' }).databaseUrl).toBe('postgresql://u@h/d')
  })

  test('CONF-9: what this version does not do is refused, with what it does instead', () => {
    expect(lineOf({ DATABASE_URL: 'postgresql://u@h/d', REDIS_URL: 'rediss://u:hunter2@x' })).toBe(
      'REDIS_URL: has no effect in this version (run one process); remove it.',
    )
    for (const name of ['S3_URL', 'S3_BUCKET', 'S3_REGION', 'S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'])
      expect(lineOf({ [name]: 'hunter2' })).toBe(`${name}: has no effect in this version (attachments are kept in DATA_DIR); remove it.`)
  })

  test('CONF-8: the demo makes its key once, readable for its owner alone, and keeps it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'support-config-'))
    const demo = () => readConfig({ DEMO: '1', DATA_DIR: join(folder, 'data') }).secretKeys[0]
    const file = join(folder, 'data', 'secret-key')
    const made = demo()
    expect(made).toHaveLength(32)
    expect(demo()).toEqual(made)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(Buffer.from(readFileSync(file, 'utf8').trim(), 'base64')).toEqual(made)
    expect(() => readConfig({ DATA_DIR: join(folder, 'data') })).toThrow(/^SECRET_KEY: is required; .*DEMO=1/)
    writeFileSync(file, 'broken')
    expect(demo).toThrow(/^SECRET_KEY: .* does not hold 32 bytes/)
    rmSync(folder, { recursive: true })
  })
})
