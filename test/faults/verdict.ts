/** What a fault showed: figures to print, and what was not as promised. */
export interface Verdict {
  figures: Record<string, number | string>
  faults: string[]
}

/** A fault of the list in the documentation of its numbers, with what must hold. */
export interface Fault {
  id: string
  about: string
  run(settings: { seconds: number }): Promise<Verdict>
}

/** The value below which `share` of all values are; 0 if there are none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)
}

/** The names of the promises that do not hold. */
export const broken = (promises: Record<string, boolean>): string[] => Object.keys(promises).filter((name) => !promises[name])
