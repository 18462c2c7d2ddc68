/** White space, control and format characters, and letters that show nothing (default-ignorable ones such as fillers, the empty Braille cell). */
const blank = /^[\p{Z}\p{C}\p{DI}\u2800]*$/u

/** Text as it is stored: NFC, trimmed; blank text (white space and invisible characters alone) is empty. */
export const tidy = (text: string) => (blank.test(text) ? '' : text.normalize('NFC').trim())

/** Length in Unicode code points. */
export const codePoints = (text: string) => {
  let count = 0
  for (const _ of text) count++
  return count
}
