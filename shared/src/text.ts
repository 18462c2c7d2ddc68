import * as z from 'zod'
import { codePoints, tidyInput } from './tidy.ts'

/** A string that PostgreSQL can store: no NUL and no lone surrogate (SQLSTATE 22021, 22P05). */
export const safeString = () =>
  z
    .string()
    .refine((s) => !s.includes('\0'), { error: 'must not contain NUL', abort: true })
    .refine((s) => s.isWellFormed(), { error: 'must be well-formed Unicode', abort: true })

/**
 * Text that a person wrote: brought to NFC and trimmed, then counted in code points. Blank text (white space and invisible characters alone) is
 * empty.
 */
export const text = (min: number, max: number) =>
  safeString()
    .refine((s) => isWithinReach(s, max), { error: `must have at most ${max} characters`, abort: true })
    .overwrite(tidyInput)
    .refine((s) => codePoints(s) >= min, min === 1 ? 'must not be empty' : `must have at least ${min} characters`)
    .refine((s) => codePoints(s) <= max, `must have at most ${max} characters`)
    .meta({ minLength: min, maxLength: max })

/** NFC makes one character of at most four (UAX #15): beyond four times the limit a text is too long, and is not brought to NFC to see by how much. */
const isWithinReach = (text: string, max: number) => text.length <= 4 * max || codePoints(text.trim()) <= 4 * max

/** An integer in a query string: digits alone, no sign, no exponent, no blank. */
export const queryInt = (min: number, max: number) =>
  z.preprocess((v) => (typeof v === 'string' && /^\d{1,15}$/.test(v) ? Number(v) : v), z.int().min(min).max(max))

/** A list in a query string: the key repeated, or its values separated by commas. */
export const queryList = <T extends z.ZodType>(item: T) =>
  z.preprocess(
    (v) => (v === undefined ? v : [v].flat().flatMap((one) => (typeof one === 'string' ? one.split(',') : [one]))),
    z.array(item).min(1).max(50),
  )

/** There is no other that we could store or write: an offset may lead beyond. */
const isOfOurYears = (time: string) => {
  const year = new Date(time).getUTCFullYear()
  return year >= 1 && year <= 9999
}
const otherYear = 'must be a year from 1 to 9999'

/** A point in time in a body: ISO 8601 with an offset or `Z`. */
export const moment = () => z.iso.datetime({ offset: true }).refine(isOfOurYears, otherYear)

/**
 * A point in time in a query string: ISO 8601, a date alone is its first moment, without an offset UTC. Answers it in UTC. The `+` of an offset may have become a blank,
 * which is what it means in a query string.
 */
export const queryTime = () =>
  z
    .preprocess(
      (v) => (typeof v === 'string' ? v.replace(/(:\d\d(?:\.\d+)?) (\d\d:\d\d)$/, '$1+$2').replace(/(T\d\d:\d\d)(?=Z|[+-]|$)/, '$1:00') : v),
      z.union([z.iso.date(), z.iso.datetime({ offset: true, local: true })], { error: 'must be a date or a time in ISO 8601' }),
    )
    .transform((time) => new Date(/T.*(Z|[+-]\d\d:\d\d)$|^[^T]*$/.test(time) ? time : `${time}Z`).toISOString())
    .refine(isOfOurYears, otherYear)

/** An id as it comes in: whatever string; one that is malformed is an unknown one and answered 404. */
export const idParam = () => z.string()
/** An id as we write it: 26 characters of Crockford's base32. */
export const idOut = () => z.string().regex(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/)
/** A point in time: UTC, ISO 8601. */
export const time = () => z.iso.datetime()
