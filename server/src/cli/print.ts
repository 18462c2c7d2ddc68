/** What a command says: an object, or a list of them. */
export type Said = Line | readonly Line[]
type Line = Record<string, unknown>

const text = (value: unknown): string => {
  if (Array.isArray(value)) return value.join(' ') || 'none'
  if (value === null || value === '') return '-'
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** For people: an object as a line for each of its members, without what is null; a list as a table. */
export function readable(said: Said): string {
  if (Array.isArray(said)) return table(said)
  const members = Object.entries(said).filter(([, value]) => value !== null)
  const width = Math.max(...members.map(([name]) => name.length)) + 2
  return members.map(([name, value]) => `${`${name}:`.padEnd(width)}${text(value)}\n`).join('')
}

/** The columns are those in which some row has something. */
function table(rows: readonly Line[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row).filter((name) => row[name] !== null)))]
  if (columns.length === 0) return 'none\n'
  const cells = [columns, ...rows.map((row) => columns.map((name) => text(row[name] ?? null)))]
  const widths = columns.map((_, at) => Math.max(...cells.map((row) => row[at]?.length ?? 0)))
  return cells
    .map(
      (row) =>
        `${row
          .map((cell, at) => cell.padEnd(widths[at] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('')
}
