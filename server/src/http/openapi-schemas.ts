import * as z from 'zod'

export type Json = Record<string, unknown>

export interface Components {
  /** Everything that has a name so far, by name. */
  schemas: Record<string, Json>
  /** The JSON schema (2020-12) of a shape; what has an `id` becomes a named component and a reference to it. */
  of(shape: z.ZodType, io: 'input' | 'output'): Json
}

/**
 * Collects the shapes of the API document. A shape that is read otherwise than it is written (a default is optional in an input and there in an output) has two
 * components, the input's called `…Input`: so convert the outputs first.
 */
export function createComponents(): Components {
  const schemas: Record<string, Json> = {}
  return {
    schemas,
    of(shape, io) {
      const { properties, $defs = {} } = z.toJSONSchema(z.object({ shape }), {
        io,
        unrepresentable: 'any',
        override: ({ jsonSchema }) => tidy(jsonSchema),
      })
      const found = Object.fromEntries(Object.entries($defs).filter(([name]) => isNamed(name))) as Record<string, Json>
      const renamed = changed(found, schemas)
      const nameOf = (name: string) => (renamed.has(name) ? `${name}Input` : name)
      for (const [name, schema] of Object.entries(found)) schemas[nameOf(name)] = linked(schema, nameOf) as Json
      return linked(properties?.shape ?? {}, nameOf) as Json
    },
  }
}

/** Zod numbers the parts that have no name: those of arbitrary JSON. */
const isNamed = (name: string) => !name.startsWith('__')

const local = '#/$defs/'
const shared = '#/components/schemas/'
const targetOf = (node: object, prefix: string) =>
  '$ref' in node && typeof node.$ref === 'string' && node.$ref.startsWith(prefix) ? node.$ref.slice(prefix.length) : null

/** References to a conversion's own parts → references to components. Arbitrary JSON is `{}`. */
function linked(node: unknown, nameOf: (name: string) => string): unknown {
  if (Array.isArray(node)) return node.map((one) => linked(one, nameOf))
  if (node === null || typeof node !== 'object') return node
  const target = targetOf(node, local)
  if (target !== null) return isNamed(target) ? { ...node, $ref: shared + nameOf(target) } : {}
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, linked(value, nameOf)]))
}

/** The names whose shape differs from the one that is known, or which refer to one that does. */
function changed(found: Record<string, Json>, known: Record<string, Json>): Set<string> {
  const names = new Set<string>()
  const same = (name: string) => name
  for (const [name, schema] of Object.entries(found)) {
    if (known[name] && JSON.stringify(linked(schema, same)) !== JSON.stringify(known[name])) names.add(name)
  }
  for (let before = -1; before !== names.size; ) {
    before = names.size
    for (const [name, schema] of Object.entries(found)) if (known[name] && refersTo(schema, names)) names.add(name)
  }
  return names
}

function refersTo(node: unknown, names: Set<string>): boolean {
  if (node === null || typeof node !== 'object') return false
  return names.has(targetOf(node, local) ?? '') || Object.values(node).some((one) => refersTo(one, names))
}

/** Leaves out what says nothing to a reader: the bounds of every safe integer, the pattern behind a format, keys that may be any string. */
export function tidy(schema: z.core.JSONSchema.BaseSchema): void {
  if (schema.format) delete schema.pattern
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum
  if (schema.minLength === 0) delete schema.minLength
  if (JSON.stringify(schema.propertyNames) === '{"type":"string"}') delete schema.propertyNames
}
