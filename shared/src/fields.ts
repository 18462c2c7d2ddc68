import * as z from 'zod'
import { limits } from './limits.ts'
import { safeString, text } from './text.ts'
import { codePoints } from './tidy.ts'

const key = () => text(1, limits.customFieldKey)
const value = () =>
  z.union([
    safeString()
      .refine((s) => codePoints(s) <= limits.customFieldValue, `must have at most ${limits.customFieldValue} characters`)
      .meta({ maxLength: limits.customFieldValue }),
    z.number(),
    z.boolean(),
  ])
const atMost = (count: number) => (fields: object) => Object.keys(fields).length <= count
const tooMany = `must have at most ${limits.customFields} keys`

/** An app's own fields of a ticket: at most 50 keys of 40 characters; strings of 500, numbers, booleans. */
export const CustomFields = z.record(key(), value()).refine(atMost(limits.customFields), tooMany).meta({ maxProperties: limits.customFields })
export type CustomFields = z.infer<typeof CustomFields>

/** A change of them: merged with what is there, null removes. */
export const CustomFieldsPatch = z
  .record(key(), value().nullable())
  .refine(atMost(2 * limits.customFields), tooMany)
  .meta({ maxProperties: 2 * limits.customFields })

/** What a ticket is about in the app: `{"policy_number": "…"}`. The caller's credential may limit the values of a key. */
export const Links = z
  .record(key(), text(1, limits.customFieldValue))
  .refine(atMost(limits.customFields), tooMany)
  .meta({ maxProperties: limits.customFields })

/** A change of them: merged with what is there, null removes. */
export const LinksPatch = z
  .record(key(), text(1, limits.customFieldValue).nullable())
  .refine(atMost(2 * limits.customFields), tooMany)
  .meta({ maxProperties: 2 * limits.customFields })

/** Facts that travel with a new ticket, any JSON object of at most 16 KiB. */
export const Context = z
  .record(safeString(), z.json())
  .refine(
    (context) => new TextEncoder().encode(JSON.stringify(context)).length <= limits.contextBytes,
    `must have at most ${limits.contextBytes} bytes as JSON`,
  )
  .refine((context) => !JSON.stringify(context).includes('\\u0000') && JSON.stringify(context).isWellFormed(), 'must be storable text')

/** Tags: each once, in the order given. */
export const Tags = z
  .array(text(1, limits.tag))
  .max(limits.tags)
  .overwrite((tags) => [...new Set(tags)])
