import { Validator } from '@seriousme/openapi-schema-validator'
import type { Dialect } from '@support-widget/server/http/compat/dialect.ts'
import * as dialects from '@support-widget/server/http/compat/dialects.ts'
import { describe, expect, test } from 'vitest'
import { request } from '../support/client.ts'
import { sharedServer } from '../support/server.ts'

const all = Object.values<Dialect>(dialects)

interface ApiDocument {
  servers: { url: string }[]
  paths: Record<string, Record<string, { parameters: { name: string }[]; responses: Record<string, unknown> }>>
}

describe.each(all.map((one) => [one.name, one] as const))('COMPAT-1: the API document of %s', (name, dialect) => {
  const path = `/compat/${name}/openapi.json`
  const read = async () => {
    const server = await sharedServer()
    return { server, answer: await request(server.url + path) }
  }

  test('is valid OpenAPI 3.1, served to anybody, and in /docs', async () => {
    const { server, answer } = await read()
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, '*'])
    expect(await new Validator().validate(JSON.parse(answer.text))).toMatchObject({ valid: true })
    expect((await request(`${server.url}/docs`)).text).toContain(`data-document="${path}"`)
  })

  test('describes every route below its base URL, and no other', async () => {
    const { server, answer } = await read()
    const { servers, paths } = answer.body as ApiDocument
    expect(servers).toEqual([{ url: `${server.url}/compat/${name}` }])
    const described = Object.entries(paths).flatMap(([url, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} /compat/${name}${url.replace(/\/$/, '').replace(/\{(\w+)\}/g, ':$1')}`),
    )
    // What is published are documents for anybody, as the API document itself.
    const documents = [path, ...Object.keys(dialect.published?.('') ?? {}).map((one) => `/compat/${name}${one}`)].map((one) => `GET ${one}`)
    const mounted = server.routes().filter((one) => one.includes(` /compat/${name}/`) && !documents.includes(one))
    expect(described.sort()).toEqual(mounted.sort())
  })

  test('takes an Idempotency-Key wherever something is created, and its examples are valid input', async () => {
    const { answer } = await read()
    const { paths } = answer.body as ApiDocument
    for (const one of dialect.routes) {
      const operation = paths[one.path.replace(/:(\w+)/g, '{$1}')]?.[one.method.toLowerCase()]
      expect(operation?.parameters.some((parameter) => parameter.name === 'Idempotency-Key')).toBe(one.status === 201)
      expect(Object.keys(operation?.responses ?? {})).toEqual(expect.arrayContaining([String(one.status), 'default']))
      if (one.example !== undefined) expect(one.body?.safeParse(one.example).error).toBeUndefined()
    }
    expect(dialect.routes.filter((one) => one.body && one.example === undefined)).toEqual([])
  })
})
