/** White space, control and format characters, and letters that show nothing (default-ignorable ones such as fillers, the empty Braille cell). */
const blank = /^[\p{Z}\p{C}\p{DI}\u2800]*$/u

/** Text as it is stored: NFC, trimmed; blank text (white space and invisible characters alone) is empty. */
export const tidy = (text: string) => (blank.test(text) ? '' : text.normalize('NFC').trim())

/** So many marks in a row stand on no letter of any script. */
const mostMarks = 500

/** True for marks without end: putting them into their order (which NFC does) takes time that grows with the square of their number. */
export function hasEndlessMarks(text: string): boolean {
  for (const [marks] of text.matchAll(/\p{M}+/gu)) if (marks.length > mostMarks) return true
  return false
}

/** {@link tidy} for text from anywhere: endless marks stay as they were written. Tidying twice is tidying once. */
export const tidyInput = (text: string) => (hasEndlessMarks(text) && !blank.test(text) ? text.trim() : tidy(text))

/** Length in Unicode code points. */
export const codePoints = (text: string) => {
  let count = 0
  for (const _ of text) count++
  return count
}
