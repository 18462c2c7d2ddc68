export interface Piece {
  text: string
  href?: string
}

const candidate = /\b(?:https?:\/\/|mailto:)[^\s<>"“”«»]+/gi
/** A name before an @ looks like the host of an address and is not: such an address stays text. */
const disguised = /^https?:\/\/[^/?#\\]*@/i

/** Sentence marks at the end belong to the sentence; so does a bracket that was opened before the link. */
function trimEnd(link: string): string {
  return link.replace(/[.,;:!?'’)\]}]+$/, (tail) => {
    const opened = link.split('(').length > link.slice(0, link.length - tail.length).split(')').length
    return tail.startsWith(')') && opened ? ')' : ''
  })
}

/** Text in pieces, of which some are links. All pieces together are the text, unchanged. */
export function splitLinks(text: string): Piece[] {
  const pieces: Piece[] = []
  let end = 0
  for (const { 0: found, index } of text.matchAll(candidate)) {
    const link = trimEnd(found)
    if (disguised.test(link)) continue
    if (index > end) pieces.push({ text: text.slice(end, index) })
    pieces.push({ text: link, href: link })
    end = index + link.length
  }
  if (end < text.length) pieces.push({ text: text.slice(end) })
  return pieces
}
