const blank = /^[\p{Z}\p{C}\s]*$/u

/** Text as it is stored: NFC, trimmed; blank text (white space and invisible characters alone) is empty. */
export const tidy = (text: string) => (blank.test(text) ? '' : text.normalize('NFC').trim())

/** Length in Unicode code points. */
export const codePoints = (text: string) => {
  let count = 0
  for (const _ of text) count++
  return count
}
