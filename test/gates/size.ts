import { execFileSync } from 'node:child_process'
import { statSync } from 'node:fs'

/** The budget of `widget.js`, bytes of gzip -9. */
export const widgetBudget = 30_000

/** Measured with gzip itself: Node's zlib packs about half a percent worse. */
export function widgetSize(file: string): { raw: number; gzip: number } {
  return { raw: statSync(file).size, gzip: execFileSync('gzip', ['-9', '-c', file]).length }
}
