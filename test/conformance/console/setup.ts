import { encodeId, isUuid } from '@support-widget/shared/ids.ts'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { expect } from 'vitest'
import { type Answer, request } from '../../support/client.ts'
import { newApp, type TestApp } from '../../support/factories.ts'
import { sharedServer, type TestServer } from '../../support/server.ts'
import { Comment, Detail, ErrorModel, List, Ticket, tickets } from './document.ts'

const validators = new Map<string, Promise<ReturnType<Ajv2020['compile']>>>()

/** The schema that an object names, as anybody gets it. */
async function fetchValidator(url: string) {
  const { status, body } = await request(url)
  expect([url, status]).toEqual([url, 200])
  const ajv = new Ajv2020({ strict: true, allErrors: true })
  formats.default(ajv)
  return ajv.compile(body as object)
}

/** Holds every object in an answer that names a schema against it. Answers how many they were. */
export async function holdToSchemas(value: unknown): Promise<number> {
  if (value === null || typeof value !== 'object') return 0
  let held = 0
  if ('$schema' in value) {
    const url = String(value.$schema)
    const validator = validators.get(url) ?? fetchValidator(url)
    validators.set(url, validator)
    const validate = await validator
    expect(validate(value), `${url}: ${JSON.stringify(validate.errors)} in ${JSON.stringify(value)}`).toBe(true)
    held++
  }
  for (const one of Object.values(value)) held += await holdToSchemas(one)
  return held
}

export interface Console {
  send(line: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  list(query?: string): Promise<ReturnType<typeof List.parse>>
  create(body?: object, headers?: Record<string, string>): Promise<Ticket>
  get(id: string): Promise<ReturnType<typeof Detail.parse>>
  close(id: string): Promise<Ticket>
  comment(id: string, content: string, headers?: Record<string, string>): Promise<ReturnType<typeof Comment.parse>>
  refused(line: string, body?: unknown, headers?: Record<string, string>): Promise<ErrorModel>
}

/** A client that was written for the document; an answer that is not as it says throws. */
export function consoleClient(server: TestServer, token?: string): Console {
  const send: Console['send'] = async (line, body, headers = {}) => {
    const [method = '', path = ''] = line.split(' ')
    const answer = await request(`${server.url}/compat/console${path}`, {
      method,
      headers: {
        ...(token ? { Authorization: `Bearer ${token}` } : {}),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    expect(await holdToSchemas(answer.body)).toBeGreaterThan(0)
    return answer
  }
  const done = async (status: number, line: string, body?: unknown, headers?: Record<string, string>) => {
    const answer = await send(line, body, headers)
    expect([answer.status, answer.headers.get('content-type')?.split(';')[0]], answer.text).toEqual([status, 'application/json'])
    return answer.body
  }
  return {
    send,
    list: async (query = '') => List.parse(await done(200, `GET ${tickets}${query}`)),
    create: async (body = newBody, headers) => Ticket.parse(await done(201, `POST ${tickets}`, body, headers)),
    get: async (id) => Detail.parse(await done(200, `GET ${tickets}/${id}`)),
    close: async (id) => Ticket.parse(await done(200, `POST ${tickets}/${id}/close`)),
    comment: async (id, content, headers) => Comment.parse(await done(201, `POST ${tickets}/${id}/comments`, { content }, headers)),
    refused: async (line, body, headers) => errorIn(await send(line, body, headers)),
  }
}

/** The error in an answer, which must be a whole one and agree with it. */
export function errorIn(answer: Answer): ErrorModel {
  const error = ErrorModel.parse(answer.body)
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/)
  expect([error.status, error.instance]).toEqual([answer.status, `urn:uuid:${answer.headers.get('x-request-id')}`])
  return error
}

export const newBody = { title: 'The export is empty', description: 'It has a header and nothing else.', type: 'bug' }

/** A customer with a token, another one, an agent and the app's backend. */
export async function setUp(given: { server?: TestServer; app?: TestApp } = {}) {
  const server = given.server ?? (await sharedServer())
  const app = given.app ?? (await newApp(server))
  return {
    server,
    app,
    alice: consoleClient(server, await app.token('alice')),
    bob: consoleClient(server, await app.token('bob')),
    nobody: consoleClient(server),
    native: await app.customer('alice'),
    sam: await app.agent('sam'),
    admin: await app.agent('ada', 'admin'),
  }
}

/** The native form of a ticket's or a message's id. */
export function nativeId(uuid: string): string {
  expect(isUuid(uuid)).toBe(true)
  return encodeId(uuid)
}
