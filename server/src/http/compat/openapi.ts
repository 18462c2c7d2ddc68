import { idempotencyKey } from '../openapi.ts'
import type { Json } from '../openapi-schemas.ts'
import { createComponents } from '../openapi-schemas.ts'
import type { Dialect, Route } from './dialect.ts'

/** The API document of a dialect, OpenAPI 3.1, made from its routes. */
export function dialectDocument(dialect: Dialect, base: string, version: string): Json {
  const components = createComponents()
  const outputs = new Map(dialect.routes.map((one) => [one, components.of(one.output, 'output')]))
  const error = dialect.error ? { [dialect.errorType ?? 'application/json']: { schema: components.of(dialect.error, 'output') } } : problem
  const paths: Record<string, Json> = {}
  for (const one of dialect.routes) {
    const url = one.path.replace(/:(\w+)/g, '{$1}')
    const query = Object.entries(one.query?.shape ?? {}).map(([name, shape]) => ({
      name,
      in: 'query',
      required: !shape.safeParse(undefined).success,
      schema: components.of(shape, 'output'),
    }))
    const body = one.body && { schema: components.of(one.body, 'input'), ...(one.example === undefined ? {} : { example: one.example }) }
    paths[url] = {
      ...paths[url],
      [one.method.toLowerCase()]: {
        operationId: one.name,
        summary: one.summary,
        parameters: [...pathParameters(one), ...query, ...(one.once ? [idempotencyKey] : [])],
        ...(body ? { requestBody: { required: true, content: { 'application/json': body } } } : {}),
        responses: responsesOf(one, outputs.get(one) ?? {}, error),
      },
    }
  }
  return {
    openapi: '3.1.0',
    info: { title: dialect.title, version, description: dialect.description, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: base }],
    security: [{ bearer: [] }, ...(dialect.keyHeaders ?? []).map((header) => ({ [header]: [] }))],
    paths,
    components: {
      schemas: components.schemas,
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        ...Object.fromEntries((dialect.keyHeaders ?? []).map((name) => [name, { type: 'apiKey', in: 'header', name }])),
      },
    },
  }
}

function responsesOf({ status, refusals = {} }: Route, schema: Json, error: Json): Json {
  const refused = Object.entries(refusals).map(([code, description]) => [code, { description, content: error }])
  return {
    [status]: { description: status === 201 ? 'Created' : 'Done', content: { 'application/json': { schema } } },
    ...Object.fromEntries(refused),
    default: { description: 'Refused', content: error },
  }
}

const pathParameters = (one: Route) =>
  [...one.path.matchAll(/:(\w+)/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: { type: 'string' } }))

const problem = { 'application/problem+json': { schema: { type: 'object', required: ['type', 'title', 'status', 'detail', 'instance', 'code'] } } }
