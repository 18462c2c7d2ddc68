import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { type Answer, client, request } from '../../support/client.ts'
import { newApp, type TestApp } from '../../support/factories.ts'
import { sharedServer, type TestServer } from '../../support/server.ts'
import { createdSchema, errorSchema, requestSchema } from './document.ts'

export const path = '/compat/loop/v1/support/tickets'

const ajv = new Ajv2020({ allErrors: true })
formats.default(ajv)
const [isRequest, isCreated, isError] = [requestSchema, createdSchema, errorSchema].map((schema) => ajv.compile(schema))

function hold(validate: ValidateFunction | undefined, value: unknown): void {
  if (!validate?.(value)) throw new Error(`not as documented: ${JSON.stringify(validate?.errors)} ${JSON.stringify(value).slice(0, 500)}`)
}

/** True if the document's own schema takes the body. */
export const isDocumented = (body: unknown) => isRequest?.(body) === true

export const body = {
  brand_id: 'north',
  person_id: 'p-1',
  requester_email: 'maya@example.org',
  requester_name: 'Maya',
  subject: 'The scale does not pair',
  body: 'It shows up in the list, then it is gone.',
}

export const attachment = (bytes: Buffer | string, filename = 'a.txt', more: object = {}) => ({
  filename,
  content_base64: Buffer.from(bytes).toString('base64'),
  ...more,
})

export interface Loop {
  send(body: unknown, headers?: Record<string, string>): Promise<Answer>
  /** A request that must be taken. */
  create(body?: object, headers?: Record<string, string>): Promise<{ ticket_id: string; message_id: string; status: string }>
  /** One that must be refused: its status and `error`. */
  refused(body: unknown, headers?: Record<string, string>): Promise<[number, string]>
}

export function errorIn(answer: Answer): { error: string; message: string } {
  hold(isError, answer.body)
  const body = answer.body as { error: string; message: string }
  if (Object.keys(body).join() !== 'error,message' || body.message === '') throw new Error(`not an error as documented: ${answer.text}`)
  return body
}

/** A client that was written for the document; answers that are not as it says throw. */
export function loopClient(server: TestServer, token: string): Loop {
  const send: Loop['send'] = (given, headers = {}) =>
    request(server.url + path, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(given),
    })
  return {
    send,
    async create(given = body, headers) {
      hold(isRequest, given)
      const answer = await send(given, headers)
      if (answer.status !== 201) throw new Error(`${answer.status} ${answer.text}`)
      hold(isCreated, answer.body)
      return answer.body as Awaited<ReturnType<Loop['create']>>
    },
    async refused(given, headers) {
      const answer = await send(given, headers)
      return [answer.status, errorIn(answer).error]
    },
  }
}

/** A person with a token, and an agent. */
export async function setUp(app?: TestApp) {
  const server = await sharedServer()
  const used = app ?? (await newApp(server))
  const token = await used.token(body.person_id)
  return {
    server,
    app: used,
    token,
    person: loopClient(server, token),
    native: client(server.url, token),
    agent: await used.agent(),
    attachments: () => server.app.core.orm.db().selectFrom('attachments').select('id').where('app_id', '=', used.app.id).execute(),
  }
}
