import { limits } from '@support-widget/shared/limits.ts'
import { codePoints, tidyInput } from '@support-widget/shared/tidy.ts'

/** Control characters, line separators, and marks that turn the direction of text: `exe.png` could be shown for `gnp.exe`. */
const unseen = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu
/** Names of devices on Windows, whatever their extension. */
const device = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[\d¹²³])\s*(\.|$)/i
const separator = /[\\/]|%2f|%5c/i
const longestExtension = 16

/**
 * The name of an upload as people see it and as browsers save it: no path, nothing unseen, no name that a system reserves, at most 200 code points with its extension kept. What is
 * left without a name is called `file`. Quotes stay: whoever writes a header encodes them.
 */
export function cleanFilename(given: string | undefined): string {
  const decoded = (given ?? '')
    .toWellFormed()
    .replace(/%22/g, '"')
    .replace(/%0[ad]/gi, '')
  const last = decoded.split(separator).at(-1) ?? ''
  const name = tidyInput(last.replace(unseen, '')).replace(/[.\s]+$/, '')
  return shorten(device.test(name) ? `_${name}` : name) || 'file'
}

function shorten(name: string): string {
  if (codePoints(name) <= limits.filename) return name
  const extension = /\.[^.\s]+$/.exec(name)?.[0] ?? ''
  const kept = codePoints(extension) <= longestExtension ? extension : ''
  const stem = [...name.slice(0, name.length - kept.length)].slice(0, limits.filename - codePoints(kept)).join('')
  return (stem + kept).replace(/[.\s]+$/, '')
}

/** What follows the last dot, in lower case; empty without one. */
export const extensionOf = (name: string) => /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? ''
