import * as z from 'zod'
import { limits } from './limits.ts'
import { safeString, text } from './text.ts'
import { codePoints, tidyInput } from './tidy.ts'

const key = () => text(1, limits.customFieldKey)
const value = () =>
  z.union(
    [
      safeString()
        .refine((s) => codePoints(s) <= limits.customFieldValue, `must have at most ${limits.customFieldValue} characters`)
        .meta({ maxLength: limits.customFieldValue }),
      z.number(),
      z.boolean(),
    ],
    'must be a string, a finite number, true or false',
  )

interface Faults {
  addIssue(issue: { code: 'custom'; path?: string[]; message: string }): void
}
const isObject = (given: unknown): given is object => given !== null && typeof given === 'object'

/** Too many keys, and keys that would be lost without a word: one that copies of an object do not keep, and one that is the same as another as soon as both are tidied. */
function checkKeys(keys: readonly string[], most: number, faults: Faults): void {
  if (keys.length > most) faults.addIssue({ code: 'custom', message: `must have at most ${most} keys` })
  const seen = new Set<string>()
  for (const key of keys.slice(0, most)) {
    const name = tidyInput(key)
    if (name === '__proto__') faults.addIssue({ code: 'custom', path: [key], message: 'is no key that can be kept' })
    else if (seen.has(name)) faults.addIssue({ code: 'custom', path: [key], message: 'is the same key as another one' })
    seen.add(name)
  }
}

/** A record whose keys are checked before it is read: whatever is refused then costs nothing more. */
const record = <V extends z.ZodType>(value: V, most: number = limits.customFields) =>
  z.preprocess(
    (given: Record<string, z.input<V>>, faults) => {
      if (isObject(given)) checkKeys(Object.keys(given), most, faults)
      return given
    },
    z.record(key(), value).meta({ maxProperties: most }),
  )

/** A change may remove as many as it sets. */
const changed = 2 * limits.customFields

/** An app's own fields of a ticket: at most 50 keys of 40 characters; strings of 500, numbers, booleans. */
export const CustomFields = record(value())
export type CustomFields = z.infer<typeof CustomFields>

/** A change of them: merged with what is there, null removes. */
export const CustomFieldsPatch = record(value().nullable(), changed)

/** What a ticket is about in the app: `{"policy_number": "…"}`. The caller's credential may limit the values of a key. */
export const Links = record(text(1, limits.customFieldValue))

/** A change of them: merged with what is there, null removes. */
export const LinksPatch = record(text(1, limits.customFieldValue).nullable(), changed)

const fits = (given: unknown) => new TextEncoder().encode(JSON.stringify(given)).length <= limits.contextBytes
const anyObject = z.record(safeString(), z.json()).refine(isStorable, 'must be storable text')

/** Facts that travel with a new ticket, any JSON object of at most 16 KiB. */
export const Context = z.preprocess((given: z.input<typeof anyObject>, faults) => {
  if (isObject(given) && !fits(given)) faults.addIssue({ code: 'custom', message: `must have at most ${limits.contextBytes} bytes as JSON` })
  else if (hasLostKey(given)) faults.addIssue({ code: 'custom', message: 'must have no key __proto__' })
  return given
}, anyObject)

/** As of a {@link safeString}: no NUL and no lone surrogate in any text of it. */
function isStorable(given: unknown): boolean {
  if (typeof given === 'string') return !given.includes('\0') && given.isWellFormed()
  return !isObject(given) || Object.entries(given).flat().every(isStorable)
}

const hasLostKey = (given: unknown): boolean => isObject(given) && (Object.hasOwn(given, '__proto__') || Object.values(given).some(hasLostKey))

/** Tags: each once, in the order given. */
export const Tags = z
  .array(text(1, limits.tag))
  .max(limits.tags)
  .overwrite((tags) => [...new Set(tags)])
