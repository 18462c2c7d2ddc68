import { tidyInput } from '@support-widget/shared/tidy.ts'

/** Up to a comma, or in double quotes, in which a double quote stands twice (RFC 4180). Quotes that do not close are part of the tag. */
const tag = /\s*"((?:[^"]|"")*)"\s*(?:,|$)|([^,]*)(?:,|$)/y

/** `a, "b, c"` → a; b, c. Empty ones are dropped. */
export function splitTags(given: string | null): string[] {
  const tags: string[] = []
  const text = given ?? ''
  tag.lastIndex = 0
  while (tag.lastIndex < text.length) {
    const [, quoted, plain = ''] = tag.exec(text) ?? []
    tags.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
  }
  return tags.map(tidyInput).filter((one) => one !== '')
}

/** What {@link splitTags} reads back as the same tags. */
export const joinTags = (tags: readonly string[]) => tags.map((one) => (/,|^"/.test(one) ? `"${one.replaceAll('"', '""')}"` : one)).join(',')
