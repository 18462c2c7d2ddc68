import { Validator } from '@seriousme/openapi-schema-validator'
import { type ErrorCode, errorCodes } from '@support-widget/shared/errors.ts'
import type { Operation } from '@support-widget/shared/operation.ts'
import { operations } from '@support-widget/shared/operations.ts'
import { type OperationName, paths } from '@support-widget/shared/paths.ts'
import { describe, expect, test } from 'vitest'
import { request } from '../support/client.ts'
import { faultsBySchema, placeOf, pointerOf } from '../support/contract.ts'
import { sharedServer } from '../support/server.ts'

interface Parameter {
  $ref?: string
  name: string
  in: string
  schema: object
  example?: unknown
}
interface Described {
  operationId: string
  summary: string
  description: string
  tags: string[]
  security: object[]
  parameters: Parameter[]
  requestBody?: { content: Record<string, { schema: object; example?: unknown }> }
  responses: Record<string, { $ref?: string }>
}
interface Document {
  openapi: string
  servers: { url: string }[]
  paths: Record<string, Record<string, Described>>
  components: { schemas: Record<string, Record<string, unknown>>; parameters: Record<string, Parameter> }
}

async function fetched() {
  const server = await sharedServer()
  const answer = await request(`${server.url}/openapi.json`)
  return { server, answer, document: answer.body as Document }
}

const names = Object.keys(operations) as OperationName[]
const operationOf = (name: OperationName): Operation => operations[name]
const described = (name: OperationName) => placeOf(pointerOf(name))?.value as unknown as Described

describe('API-1: the API document', () => {
  test('is served to anybody, with an ETag, and names our address', async () => {
    const { server, answer, document } = await fetched()
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    expect(answer.headers.get('cache-control')).toMatch(/^public/)
    expect(document.openapi).toMatch(/^3\.1\./)
    expect(document.servers).toEqual([{ url: server.config.publicUrl }])
    const etag = answer.headers.get('etag') ?? ''
    const again = await request(`${server.url}/openapi.json`, {
      headers: { 'If-None-Match': etag, 'Cache-Control': 'max-age=0', Origin: 'https://anywhere.example' },
    })
    expect([again.status, again.text.length, again.headers.get('access-control-allow-origin')]).toEqual([304, 0, '*'])
  })

  test('is valid OpenAPI 3.1', async () => {
    const { document } = await fetched()
    const result = await new Validator().validate(JSON.parse(JSON.stringify(document)))
    expect(result).toEqual({ valid: true })
  })

  test('describes every mounted route of the API, and no other', async () => {
    const { server, document } = await fetched()
    const mounted = server.routes().filter((route) => route.includes(' /v1/'))
    const written = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
    )
    expect(written.sort()).toEqual(mounted.sort())
    expect(written).toEqual(Object.values(paths).toSorted())
  })

  test.each(names)('%s is described whole', (name) => {
    const operation = operationOf(name)
    const { operationId, summary, description, tags, security, parameters, requestBody, responses } = described(name)
    expect([operationId, summary]).toEqual([name, operation.summary])
    expect(description).not.toBe('')
    expect(tags).toHaveLength(1)
    expect(security).toEqual(operation.access === 'public' ? [] : [{ bearer: [] }, { apiKey: [] }, ...(operation.link ? [{}] : [])])
    const inPath = [...paths[name].matchAll(/:(\w+)/g)].map(([, key]) => key)
    expect(parameters.filter((one) => one.in === 'path').map((one) => one.name)).toEqual(inPath)
    expect(parameters.filter((one) => one.in === 'query').map((one) => one.name)).toEqual(Object.keys(operation.query?.shape ?? {}))
    expect(parameters.some((one) => one.$ref === '#/components/parameters/IdempotencyKey')).toBe(operation.once === true)
    expect(requestBody !== undefined).toBe(operation.body !== undefined || operation.upload === true)
    const codes: ErrorCode[] = [...operation.errors]
    for (const code of codes) {
      const place = placeOf(`${pointerOf(name)}/responses/${errorCodes[code].status}`)
      expect(JSON.stringify(place?.value)).toContain(`"${code}"`)
    }
    expect(Object.keys(responses)).toContain(String(operation.status))
  })

  test('shows limits and vocabularies, and refuses unknown fields', async () => {
    const { document } = await fetched()
    const { NewTicket, Ticket } = document.components.schemas
    expect(NewTicket).toMatchObject({
      additionalProperties: false,
      required: ['body', 'subject'],
      properties: {
        subject: { minLength: 1, maxLength: 200 },
        body: { maxLength: 10_000 },
        attachments: { maxItems: 5 },
        custom_fields: { maxProperties: 50 },
      },
    })
    expect(Ticket).toMatchObject({ properties: { status: { enum: ['open', 'in_progress', 'resolved', 'closed'] } } })
    const perPage = described('listTickets').parameters.find((one) => one.name === 'per_page')
    expect(perPage).toMatchObject({ required: false, schema: { type: 'integer', minimum: 1, maximum: 100, default: 20 } })
    const status = described('listTickets').parameters.find((one) => one.name === 'status')
    expect(status).toMatchObject({ schema: { type: 'array', items: { enum: ['open', 'in_progress', 'resolved', 'closed'] } } })
    expect(openObjects(document)).toEqual([])
  })
})

/** Where an object with known properties would take unknown ones. */
function openObjects(node: unknown, at = ''): string[] {
  if (node === null || typeof node !== 'object') return []
  const own = 'type' in node && node.type === 'object' && 'properties' in node && !('additionalProperties' in node) ? [at] : []
  return [...own, ...Object.entries(node).flatMap(([key, value]) => (key === 'example' ? [] : openObjects(value, `${at}/${key}`)))]
}

describe('API-2: every example is valid', () => {
  test.each(names)('%s', (name) => {
    const operation = operationOf(name)
    const pointer = pointerOf(name)
    const { parameters, requestBody, responses } = described(name)
    parameters.forEach((one, at) => {
      if (one.$ref) return
      if (one.in === 'path') expect(one.example, one.name).toBeDefined()
      if (one.example !== undefined) expect(faultsBySchema(`${pointer}/parameters/${at}/schema`, one.example), one.name).toEqual([])
    })
    if (operation.body) {
      const { example } = requestBody?.content['application/json'] ?? {}
      expect(faultsBySchema(`${pointer}/requestBody/content/application~1json/schema`, example)).toEqual([])
      expect(operation.body.safeParse(example).error).toBeUndefined()
    }
    for (const status of Object.keys(responses)) {
      const response = placeOf(`${pointer}/responses/${status}`)
      const content = response?.value.content as Record<string, { example?: unknown }> | undefined
      for (const [type, { example }] of Object.entries(content ?? {})) {
        if (type === '*/*') continue
        const faults = faultsBySchema(`${response?.pointer}/content/${type.replaceAll('/', '~1')}/schema`, example)
        expect(faults, `${status} ${type}`).toEqual([])
      }
    }
    if (!operation.media)
      expect(
        operation.output.safeParse(placeOf(`${pointer}/responses/${operation.status}/content/application~1json`)?.value.example).error,
      ).toBeUndefined()
  })
})

test('API-3: the page with the document is ours alone, and cannot be framed', async () => {
  const { server } = await fetched()
  const page = await request(`${server.url}/docs`)
  expect(page.status).toBe(200)
  expect(page.headers.get('content-type')).toMatch(/^text\/html/)
  const policy = page.headers.get('content-security-policy') ?? ''
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("frame-ancestors 'none'")
  expect(policy).not.toContain('unsafe')
  expect(policy).not.toContain('http')
  const parts = [...page.text.matchAll(/(?:src|href)="(\/docs\/[^"]+)"/g)].map(([, path]) => path)
  expect(parts.length).toBeGreaterThan(3)
  for (const path of parts) {
    const answer = await request(server.url + path)
    expect([path, answer.status]).toEqual([path, 200])
    expect(answer.headers.get('content-type')).toMatch(path?.endsWith('.css') ? /^text\/css/ : /javascript/)
  }
  expect(page.text).not.toContain('/demo/credentials')
  expect((await request(`${server.url}/docs/package.json`)).status).toBe(404)
  expect((await request(`${server.url}/docs/..%2fopenapi.ts`)).status).toBe(404)
})
