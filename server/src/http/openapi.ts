import { type ErrorCode, errorCodes } from '@support-widget/shared/errors.ts'
import { type Example, examples } from '@support-widget/shared/examples.ts'
import { limits } from '@support-widget/shared/limits.ts'
import type { Operation } from '@support-widget/shared/operation.ts'
import { operations } from '@support-widget/shared/operations.ts'
import { type OperationName, paths } from '@support-widget/shared/paths.ts'
import { Problem } from '@support-widget/shared/problem.ts'
import { introduction } from './openapi-introduction.ts'
import { type Components, createComponents, type Json } from './openapi-schemas.ts'
import { describeWebhooks } from './openapi-webhooks.ts'

/** The API document, OpenAPI 3.1, made from the operations table alone: what is mounted is described, and nothing else. */
export function openApi(publicUrl: string, version: string): Json {
  const components = createComponents()
  const names = Object.keys(paths) as OperationName[]
  components.of(Problem, 'output')
  // All outputs before the first input: see createComponents.
  const outputs = new Map(names.map((name) => [name, components.of(operations[name].output, 'output')]))
  const webhooks = describeWebhooks(components)
  const items: Record<string, Json> = {}
  for (const name of names) {
    const [method = '', path = ''] = paths[name].split(' ')
    const url = path.replace(/:(\w+)/g, '{$1}')
    items[url] = { ...items[url], [method.toLowerCase()]: describe(components, name, outputs.get(name) ?? {}) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Support API', version, description: introduction, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: publicUrl }],
    tags: [...new Set([...names.map(tagOf), 'Webhooks'])].map((name) => ({ name })),
    paths: items,
    webhooks,
    components: {
      schemas: sorted(components.schemas),
      responses: Object.fromEntries(
        names.flatMap((name) => refusalsOf(operations[name]).map(({ status, codes }) => [nameOf(status, codes), refusal(status, codes)])),
      ),
      parameters: { IdempotencyKey: idempotencyKey },
      headers,
      securitySchemes,
    },
  }
}

function describe(components: Components, name: OperationName, output: Json): Json {
  const operation: Operation = operations[name]
  const example: Example = examples[name]
  return {
    operationId: name,
    tags: [tagOf(name)],
    summary: operation.summary,
    description: [operation.description, audience[operation.access]].filter(Boolean).join('\n\n'),
    security: securityOf(operation),
    parameters: parametersOf(components, operation, example),
    ...requestOf(components, operation, example),
    responses: { [operation.status]: success(operation, output, example), ...downloads(operation), ...refusals(operation) },
  }
}

function securityOf({ access, link }: Operation): Json[] {
  if (access === 'public') return []
  return [{ bearer: [] }, { apiKey: [] }, ...(link ? [{}] : [])]
}

const audience: Record<Operation['access'], string> = {
  public: 'For everybody.',
  customer: 'For customers: a user token, a partner key or a visitor token.',
  agent: "For agents, and for the app's backend with an admin key.",
  admin: "For admins, and for the app's backend with an admin key.",
}

/** `GET /v1/admin/support/tickets/:id` → `Agents: tickets`. */
function tagOf(name: OperationName): string {
  const [, path = ''] = paths[name].split(' ')
  const subject = /support\/([a-z-]+)/.exec(path)?.[1]?.replace('-', ' ') ?? 'widget'
  const side = { public: 'Public', customer: 'Customers', agent: 'Agents', admin: 'Agents' }[operations[name].access]
  return `${side}: ${subject}`
}

function parametersOf(components: Components, operation: Operation, example: Example): Json[] {
  const inPath = Object.entries(operation.params?.shape ?? {}).map(([name, shape]) => ({
    name,
    in: 'path',
    required: true,
    schema: components.of(shape, 'output'),
    ...exampleOf(example.params?.[name]),
  }))
  const inQuery = Object.entries(operation.query?.shape ?? {}).map(([name, shape]) => {
    const { description, ...schema } = components.of(shape, 'output')
    const list = schema.type === 'array' ? { style: 'form', explode: true } : {}
    return {
      name,
      in: 'query',
      required: !shape.safeParse(undefined).success,
      description: description ?? (schema.type === 'array' ? 'The parameter repeated, or values separated by commas.' : undefined),
      schema,
      ...list,
      ...exampleOf(example.query?.[name]),
    }
  })
  const once = operation.once ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : []
  return [...inPath, ...inQuery, ...once]
}

const exampleOf = (value: unknown) => (value === undefined ? {} : { example: value })

const file = { type: 'object', properties: { file: { type: 'string', format: 'binary' } }, required: ['file'], additionalProperties: false }

function requestOf(components: Components, operation: Operation, example: Example): Json {
  if (operation.upload) return { requestBody: { required: true, content: { 'multipart/form-data': { schema: file } } } }
  if (!operation.body) return {}
  const content = { schema: components.of(operation.body, 'input'), ...exampleOf(example.body) }
  return { requestBody: { required: true, content: { 'application/json': content } } }
}

function success(operation: Operation, output: Json, example: Example): Json {
  return {
    description: operation.status === 201 ? 'Created' : 'Done',
    headers: { ...refer(operation.access === 'public' ? common : limited), ...(operation.once ? refer(['Idempotency-Replayed']) : {}) },
    content: { [operation.media ?? 'application/json']: { schema: output, ...exampleOf(example.output) } },
  }
}

/** What a file is answered with beside the whole of it. Bytes of whatever type have no schema. */
function downloads(operation: Operation): Json {
  if (operation.media !== bytes) return {}
  const content = { '*/*': {} }
  return {
    200: { description: 'The whole file', headers: refer([...limited, 'ETag']), content },
    206: { description: 'The range that was asked for', headers: refer([...limited, 'ETag', 'Content-Range']), content },
    304: { description: 'Unchanged', headers: refer([...limited, 'ETag']) },
  }
}

const bytes = 'application/octet-stream'
const common = ['X-Request-Id']
const limited = [...common, 'RateLimit', 'RateLimit-Policy']
const refer = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]))

/** Every code that an operation can answer: its own, and those that follow from its access and its input. */
export function codesOf(operation: Operation): ErrorCode[] {
  const codes: ErrorCode[] = ['invalid_request', 'rate_limited', 'internal_error', 'unavailable', ...operation.errors]
  if (operation.access !== 'public') codes.push('unauthorized', 'token_expired', 'forbidden', 'origin_not_allowed', 'key_in_browser')
  if (operation.body || operation.upload) codes.push('payload_too_large', 'unsupported_media_type', 'request_timeout')
  if (operation.body) codes.push('malformed_json')
  if (operation.once) codes.push('request_in_progress', 'idempotency_key_reused')
  return [...new Set(codes)]
}

function refusalsOf(operation: Operation) {
  const byStatus = Map.groupBy(codesOf(operation), (code) => errorCodes[code].status)
  return [...byStatus].map(([status, codes]) => ({ status, codes: codes.sort() }))
}

/** Operations with the same refusals share one component. */
const nameOf = (status: number, codes: ErrorCode[]) => [status, ...codes].join('-')
const refusals = (operation: Operation) =>
  Object.fromEntries(refusalsOf(operation).map(({ status, codes }) => [status, { $ref: `#/components/responses/${nameOf(status, codes)}` }]))

function refusal(status: number, codes: ErrorCode[]): Json {
  const again = status === 429 || status === 503 || codes.includes('request_in_progress')
  const [first = 'invalid_request'] = codes
  return {
    description: codes.map((code) => `\`${code}\`: ${errorCodes[code].title}`).join('. '),
    headers: refer([...common, ...(again ? ['Retry-After'] : []), ...(status === 401 ? ['WWW-Authenticate'] : [])]),
    content: {
      'application/problem+json': {
        schema: { allOf: [{ $ref: '#/components/schemas/Problem' }, { properties: { status: { const: status }, code: { enum: codes } } }] },
        example: {
          type: `urn:support-widget:error:${first}`,
          title: errorCodes[first].title,
          status,
          detail: errorCodes[first].title,
          instance: 'urn:uuid:0f9c5e1a-3b57-4d6e-9a52-6f1f0a1c2b3d',
          code: first,
          ...(first === 'invalid_request' ? { errors: [{ location: 'body.subject', message: 'must not be empty' }] } : {}),
        },
      },
    },
  }
}

/** Without an example: the viewer would send it with every trial, so that the second one were a repetition. */
export const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: `A new one for each thing to be done, such as a UUID. Sent again with the same input within ${limits.idempotencyHours} hours, it is answered the same.`,
  schema: { type: 'string', minLength: 1, maxLength: limits.idempotencyKey, pattern: '^[ -~]+$' },
}

const header = (description: string, type = 'string') => ({ description, schema: { type } })
const headers = {
  'X-Request-Id': header('Names the request in our logs; `instance` of a problem.'),
  RateLimit: header('What remains of the budget, and when it renews (IETF draft).'),
  'RateLimit-Policy': header('The budget, and its window in seconds (IETF draft).'),
  'Retry-After': header('Seconds to wait.', 'integer'),
  ETag: header('Names the bytes, for `If-None-Match` and `If-Range`.'),
  'Content-Range': header('Which bytes of how many.'),
  'WWW-Authenticate': header('`Bearer`.'),
  'Idempotency-Replayed': header('`true` if this is the kept answer of an earlier request with the same Idempotency-Key.'),
}

const securitySchemes = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: "A token that the host app signs for its user, or an API key from the app's backend.",
  },
  apiKey: { type: 'apiKey', in: 'header', name: 'X-Api-Key', description: 'An API key (`sup_admin_…`, `sup_partner_…`). Refused from browsers.' },
}

const sorted = (schemas: Record<string, Json>) => Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1)))
