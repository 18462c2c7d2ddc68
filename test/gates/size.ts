import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

/** The budget of `widget.js`, bytes of gzip -9. */
export const widgetBudget = 24_000

export function widgetSize(file: string): { raw: number; gzip: number } {
  const script = readFileSync(file)
  return { raw: script.length, gzip: gzipSync(script, { level: 9 }).length }
}
