import { parseSync } from 'libpg-query'

/**
 * Reads a statement with PostgreSQL's own parser and says which of its tables are not bound to one app. A table is bound by `app_id = value`, or by an equality with a bound one: of
 * their `app_id`s, or of two columns between which a composite foreign key with `app_id` stands, because the database itself then holds that both are of one app.
 */

/** What the database says of itself. */
export interface Catalog {
  /** Tables with an `app_id`. */
  owned: ReadonlySet<string>
  /** `table.column=table.column` of every foreign key that carries `app_id` beside this column. */
  keys: ReadonlySet<string>
}

type Json = Record<string, unknown>
const isNode = (value: unknown): value is Json => value !== null && typeof value === 'object' && !Array.isArray(value)

interface Relation {
  table: string
  /** Of an outer statement, whose own check says whether it is bound. */
  bound: boolean
}
type Scope = ReadonlyMap<string, Relation>
/** An equality of two columns, or of one with a value (null). */
interface Equality {
  left: string[]
  right: string[] | null
  /** The only relations that it can bind: an outer join's condition does not filter its other side. */
  of: ReadonlySet<string>
}
interface Context {
  catalog: Catalog
  outer: Scope
  /** Names of `with` queries, which are no tables. */
  named: ReadonlySet<string>
}

/** The unbound tables of a statement, as `alias (table)`. */
export function unbound(text: string, catalog: Catalog): string[] {
  const { stmts } = parseSync(text) as { stmts?: { stmt: Json }[] }
  return (stmts ?? []).flatMap(({ stmt }) => visit(stmt, { catalog, outer: new Map(), named: new Set() }))
}

const statements = ['SelectStmt', 'UpdateStmt', 'DeleteStmt', 'InsertStmt']

function visit(value: unknown, context: Context): string[] {
  if (Array.isArray(value)) return value.flatMap((one) => visit(one, context))
  if (!isNode(value)) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    isNode(inner) && statements.includes(key) ? judge(key, inner, context) : visit(inner, context),
  )
}

function judge(kind: string, statement: Json, context: Context): string[] {
  const named = new Set([...context.named, ...namesOfWith(statement)])
  const relations = new Map<string, Relation>()
  const equalities: Equality[] = []
  const sources = [statement.fromClause, statement.usingClause, kind === 'InsertStmt' ? undefined : rangeVar(statement.relation)]
  for (const source of sources) collect(source, { ...context, named }, relations, equalities)
  const all = new Set(relations.keys())
  equalities.push(...equalitiesOf(statement.whereClause, all))
  settle(relations, equalities, context)
  const loose = [...relations].filter(([, relation]) => !relation.bound && context.catalog.owned.has(relation.table))
  const faults = loose.map(([alias, { table }]) => `${alias} (${table})`)
  if (kind === 'InsertStmt') faults.push(...overwrites(statement, context.catalog))
  const inside: Context = {
    ...context,
    named,
    outer: new Map([...context.outer, ...[...relations].map(([alias, { table }]) => [alias, { table, bound: true }] as const)]),
  }
  const halves = [statement.larg, statement.rarg].filter(isNode).flatMap((half) => judge('SelectStmt', half, inside))
  return [...faults, ...halves, ...visit(statement, inside)]
}

const rangeVar = (relation: unknown) => (isNode(relation) ? { RangeVar: relation } : undefined)
const at = (value: unknown, ...keys: string[]): unknown => keys.reduce<unknown>((node, key) => (isNode(node) ? node[key] : undefined), value)
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

const namesOfWith = (statement: Json) => list(at(statement, 'withClause', 'ctes')).map((one) => String(at(one, 'CommonTableExpr', 'ctename')))

/** The tables of a FROM, with the conditions of its joins. Answers their aliases. */
function collect(source: unknown, context: Context, relations: Map<string, Relation>, equalities: Equality[]): string[] {
  if (Array.isArray(source)) return source.flatMap((one) => collect(one, context, relations, equalities))
  const join = at(source, 'JoinExpr')
  if (isNode(join)) {
    const [left, right] = [collect(join.larg, context, relations, equalities), collect(join.rarg, context, relations, equalities)]
    const filtered = { JOIN_INNER: [...left, ...right], JOIN_LEFT: right, JOIN_RIGHT: left }[String(join.jointype)] ?? []
    equalities.push(...equalitiesOf(join.quals, new Set(filtered)))
    return [...left, ...right]
  }
  const table = at(source, 'RangeVar', 'relname')
  if (typeof table !== 'string' || context.named.has(table)) return []
  const alias = String(at(source, 'RangeVar', 'alias', 'aliasname') ?? table)
  relations.set(alias, { table, bound: false })
  return [alias]
}

/** The equalities that hold whenever the condition does. */
function equalitiesOf(condition: unknown, of: ReadonlySet<string>): Equality[] {
  const both = at(condition, 'BoolExpr')
  if (isNode(both)) return both.boolop === 'AND_EXPR' ? list(both.args).flatMap((one) => equalitiesOf(one, of)) : []
  const compared = at(condition, 'A_Expr')
  if (!isNode(compared) || compared.kind !== 'AEXPR_OP' || at(list(compared.name)[0], 'String', 'sval') !== '=') return []
  const [left, right] = [columnOf(compared.lexpr), columnOf(compared.rexpr)]
  if (left && right) return [{ left, right, of }]
  if (left && isValue(compared.rexpr)) return [{ left, right: null, of }]
  return right && isValue(compared.lexpr) ? [{ left: right, right: null, of }] : []
}

function columnOf(node: unknown): string[] | null {
  const fields = at(node, 'ColumnRef', 'fields')
  return Array.isArray(fields) ? fields.map((one) => String(at(one, 'String', 'sval'))) : null
}

const isValue = (node: unknown): boolean =>
  isNode(node) && ('ParamRef' in node || 'A_Const' in node || ('TypeCast' in node && isValue(at(node, 'TypeCast', 'arg'))))

/** Binds relation after relation, until nothing more follows. */
function settle(relations: Map<string, Relation>, equalities: readonly Equality[], context: Context): void {
  const directed = equalities.flatMap(({ left, right, of }) => [{ one: left, other: right, of }, ...(right ? [{ one: right, other: left, of }] : [])])
  const next = () =>
    directed
      .map(({ one, other, of }) => bindable(find(one, relations, new Map()), other, of, relations, context))
      .find((relation) => relation !== null)
  for (let relation = next(); relation; relation = next()) relation.bound = true
}

/** The relation of a column, if its equality with `other` (null: a value) binds it and it was not bound before. */
function bindable(
  one: Column | null,
  other: readonly string[] | null,
  of: ReadonlySet<string>,
  relations: Map<string, Relation>,
  { catalog, outer }: Context,
): Relation | null {
  if (!one || one.relation.bound || !of.has(one.alias)) return null
  if (other === null) return isApp(one) ? one.relation : null
  const against = find(other, relations, outer)
  return against?.relation.bound && follows(one, against, catalog) ? one.relation : null
}

interface Column {
  alias: string
  relation: Relation
  name: string
}

function find(fields: readonly string[], relations: ReadonlyMap<string, Relation>, outer: Scope): Column | null {
  const name = fields.at(-1) ?? ''
  const [only] = relations.keys()
  const alias = fields.length > 1 ? fields.at(-2) : relations.size === 1 ? only : undefined
  const relation = alias === undefined ? undefined : (relations.get(alias) ?? outer.get(alias))
  return alias === undefined || !relation ? null : { alias, relation, name }
}

const isApp = ({ relation, name }: Column) => name === (relation.table === 'apps' ? 'id' : 'app_id')

const follows = (one: Column, other: Column, { keys }: Catalog): boolean => {
  const [a, b] = [`${one.relation.table}.${one.name}`, `${other.relation.table}.${other.name}`]
  return (isApp(one) && isApp(other)) || keys.has(`${a}=${b}`) || keys.has(`${b}=${a}`)
}

/** An insert that takes over a row that is there must find it by its app, or change it for its app alone. */
function overwrites(statement: Json, { owned }: Catalog): string[] {
  const table = String(at(statement, 'relation', 'relname'))
  const conflict = statement.onConflictClause
  if (!owned.has(table) || !isNode(conflict) || conflict.action !== 'ONCONFLICT_UPDATE') return []
  const columns = list(at(conflict, 'infer', 'indexElems')).map((one) => at(one, 'IndexElem', 'name'))
  const where = equalitiesOf(conflict.whereClause, new Set([table]))
  const held = columns.includes('app_id') || where.some(({ left, right }) => right === null && left.at(-1) === 'app_id')
  return held ? [] : [`on conflict (${table})`]
}
