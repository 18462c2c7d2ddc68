import { openApi } from '@support-widget/server/http/openapi.ts'
import { type OperationName, paths } from '@support-widget/shared/paths.ts'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'

type Json = Record<string, unknown>

interface Answer {
  status: number
  headers: Headers
  body: unknown
  text: string
}

/** The API document, as every server of a run serves it but for its address. */
export const document = openApi('http://localhost:3000', '0.0.0')

const ajv = new Ajv2020({ strict: false, allErrors: true })
formats.default(ajv)
ajv.addSchema(document, 'document')
const validators = new Map<string, ValidateFunction>()

const isJson = (value: unknown): value is Json => value !== null && typeof value === 'object'

/** A place in the document by JSON pointer, references followed. Undefined if there is nothing. */
export function placeOf(pointer: string): { pointer: string; value: Json } | undefined {
  let value: unknown = document
  for (const key of pointer.split('/').slice(1)) value = isJson(value) ? value[key.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined
  if (!isJson(value)) return undefined
  return typeof value.$ref === 'string' ? placeOf(value.$ref.slice(1)) : { pointer, value }
}

/** The faults of a value by the schema at a place of the document. */
export function faultsBySchema(pointer: string, value: unknown): string[] {
  let validate = validators.get(pointer)
  if (!validate) {
    validate = ajv.compile({ $ref: `document#${encodeURI(pointer)}` })
    validators.set(pointer, validate)
  }
  if (validate(value)) return []
  return (validate.errors ?? []).map((one) => `${one.instancePath} ${one.message} ${JSON.stringify(one.params)}`)
}

const segment = (part: string) => part.replaceAll('~', '~0').replaceAll('/', '~1')

/** Where an operation stands in the document. */
export function pointerOf(name: OperationName): string {
  const [method = '', path = ''] = paths[name].split(' ')
  return `/paths/${segment(path.replace(/:(\w+)/g, '{$1}'))}/${method.toLowerCase()}`
}

/** Throws if the document does not say that the operation may answer this: status, content type, every field. */
export function holdToDocument(name: OperationName, answer: Answer): void {
  const type = answer.headers.get('content-type')?.split(';')[0] ?? ''
  const response = placeOf(`${pointerOf(name)}/responses/${answer.status}`)
  // Without a body, or with bytes of whatever type.
  if (response && (response.value.content === undefined ? answer.text === '' : '*/*' in (response.value.content as Json))) return
  const content = response && placeOf(`${response.pointer}/content/${segment(type)}`)
  if (!content) throw new Error(`${name}: the API document knows no ${answer.status} of type "${type}": ${answer.text.slice(0, 500)}`)
  const faults = faultsBySchema(`${content.pointer}/schema`, /json$/.test(type) ? answer.body : answer.text)
  if (faults.length > 0) throw new Error(`${name}: the answer is not what the API document says: ${faults.join('; ')}: ${answer.text.slice(0, 500)}`)
}

/** True if a request went to the operation: a path with an empty or a dotted parameter goes elsewhere. */
export function reaches(name: OperationName, url: string): boolean {
  const [, path = ''] = paths[name].split(' ')
  const parts = new URL(url).pathname.split('/')
  return (
    path.split('/').length === parts.length && path.split('/').every((part, at) => (part.startsWith(':') ? parts[at] !== '' : part === parts[at]))
  )
}
