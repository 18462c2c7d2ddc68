import { hasEndlessMarks } from '@support-widget/shared/tidy.ts'
import { type RawBuilder, type SqlBool, sql } from 'kysely'

/**
 * Search for any part of a text, in any case and any script. Texts are folded here, never by the database, whose locale may know ASCII alone. Rows keep the folded
 * text and its grams (stretches of one to three characters); the index is asked for the grams of a query, what it finds is held against the text.
 */

const ignored = /\p{Default_Ignorable_Code_Point}/gu

/** Full case folding, by way of both cases: ß and ẞ are ss, ς is σ, ﬁ is fi. */
const fold = (text: string) => {
  const shown = text.replace(ignored, '')
  // What is ignored may have stood between marks.
  if (hasEndlessMarks(shown)) return shown.toLowerCase()
  const cased = shown.normalize('NFKC').toLowerCase().toUpperCase().toLowerCase()
  return cased.replaceAll('ς', 'σ').normalize('NFKC')
}

const ascii = /^[\0-\x7f]*$/

/** The four letters I of Turkish are one: İ in lower case is i with a dot above. */
const oneLine = (text: string) => text.replaceAll('i\u0307', 'i').replace(/\s+/gu, ' ').trim()

/**
 * A text as it is searched: folded as a whole, so that what looks the same is the same, and, where that differs, character by character, so that a part of a text folds
 * to a part of the folded text even where the whole joins characters (halfwidth kana, Korean letters).
 */
function forms(text: string): string[] {
  if (ascii.test(text)) return [oneLine(text.toLowerCase())].filter(Boolean)
  const parts = Array.from(text, fold).join('')
  return [...new Set([oneLine(fold(text)), oneLine(parts)])].filter(Boolean)
}

const longest = 3

/** Grams begin with a piece of their app's id, so that a search reads nothing of other apps in the index. */
const gramOf = (appId: string, text: string) => appId.slice(-4) + text

function gramsOf(appId: string, lines: readonly string[]): string[] {
  const grams = new Set<string>()
  for (const line of lines) {
    const chars = [...line]
    for (let at = 0; at < chars.length; at++) {
      let gram = ''
      for (const char of chars.slice(at, at + longest)) {
        gram += char
        grams.add(gram)
      }
    }
  }
  return Array.from(grams, (gram) => gramOf(appId, gram))
}

/** What a row keeps in order to be found by any part of these values. */
export function searchColumns(appId: string, values: readonly (string | null)[]): { search: string; search_grams: string[] } {
  const lines = values.flatMap((value) => forms(value ?? ''))
  return { search: lines.join('\n'), search_grams: gramsOf(appId, lines) }
}

/** So many grams narrow a search enough; more of them cost more than they spare. */
const enough = 40

/** Grams that every match has: a short query is one itself. */
function gramsToFind(appId: string, chars: readonly string[]): string[] {
  if (chars.length <= longest) return [gramOf(appId, chars.join(''))]
  const grams = new Set(chars.slice(0, 1 - longest).map((_, at) => chars.slice(at, at + longest).join('')))
  return [...grams].slice(0, enough).map((gram) => gramOf(appId, gram))
}

/** True for rows of `table` (a table or an alias, with the {@link searchColumns} of this app) in which the query stands. A query of nothing visible stands in all. */
export function finds(table: string, appId: string, query: string): RawBuilder<SqlBool> {
  const wanted = forms(query).map((form) => {
    const chars = [...form]
    const grams = sql<SqlBool>`${sql.ref(`${table}.search_grams`)} @> ${gramsToFind(appId, chars)}::text[]`
    return chars.length <= longest ? grams : sql<SqlBool>`(${grams} and strpos(${sql.ref(`${table}.search`)}, ${form}) > 0)`
  })
  return wanted.length === 0 ? sql<SqlBool>`true` : sql<SqlBool>`(${sql.join(wanted, sql` or `)})`
}
