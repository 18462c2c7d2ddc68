/** A point in time as foreign ticket APIs write it: UTC, whole seconds, the rest cut off so that nothing seems to happen later than it did. */
export const wholeSeconds = (at: Date): string => `${at.toISOString().slice(0, 19)}Z`
