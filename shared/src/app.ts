import * as z from 'zod'
import { limits } from './limits.ts'
import { isOrigin } from './origin.ts'
import { idOut, safeString, text } from './text.ts'

/** A text in several languages: by BCP 47 tag. */
const labels = z.record(z.string().min(2).max(limits.language), text(1, 100)).optional()
const id = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]*$/i, 'must be letters, digits, - and _')
  .max(limits.category)

export const Category = z
  .strictObject({ id, label: text(1, 100), labels })
  .meta({ id: 'Category', description: "A choice for a ticket's category; `labels` by BCP 47 tag." })
export type Category = z.infer<typeof Category>

export const FormField = z
  .strictObject({
    key: id,
    label: text(1, 100),
    labels,
    type: z.enum(['text', 'number', 'checkbox', 'select']),
    options: z.array(text(1, 100)).min(1).max(50).optional(),
    required: z.boolean().default(false),
  })
  .meta({ id: 'FormField', description: 'A question of the new-ticket form; the answer goes into `custom_fields[key]`.' })
export type FormField = z.infer<typeof FormField>

const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time, 00:00 to 23:59')
const stretches = z.array(z.strictObject({ from: clockTime, to: clockTime }).refine((one) => one.from < one.to, 'must end after it begins')).max(4)

export const OfficeHours = z
  .strictObject({
    time_zone: z.string().refine(isTimeZone, 'must be an IANA time zone'),
    days: z.strictObject({
      monday: stretches,
      tuesday: stretches,
      wednesday: stretches,
      thursday: stretches,
      friday: stretches,
      saturday: stretches,
      sunday: stretches,
    }),
  })
  .meta({ id: 'OfficeHours', description: 'When somebody answers: local times of each weekday.' })
export type OfficeHours = z.infer<typeof OfficeHours>

/** Not the JSON Schema format `uri`, which knows no `{ticket_id}`. */
const isWebUrl = (url: string) => URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

const pixels = (max: number) => z.int().min(0).max(max)

export const WidgetTheme = z
  .strictObject({
    color: z
      .string()
      .regex(/^#[0-9a-fA-F]{6}$/, 'must be #rrggbb')
      .optional(),
    mode: z.enum(['auto', 'light', 'dark']).optional(),
    radius: pixels(100).optional(),
    font: z
      .string()
      .max(200)
      .regex(/^([\w\s,-]|"[\w\s,'-]*"|'[\w\s,"-]*')+$/, 'must be a list of font families')
      .optional(),
    position: z.enum(['right', 'left']).optional(),
    offset: z.strictObject({ x: pixels(1000), y: pixels(1000) }).optional(),
  })
  .meta({
    id: 'WidgetTheme',
    description: 'How the widget looks where a page does not say it: the corner of the page, the distance from it and the roundness in pixels.',
  })
export type WidgetTheme = z.infer<typeof WidgetTheme>

const languageTag = z
  .string()
  .max(limits.language)
  .regex(/^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/, 'must be a language tag (BCP 47)')
const textKey = z.string().regex(/^[a-z][a-z0-9_]{0,39}$/, 'must be a text of the widget')

export const WidgetTexts = z
  .record(languageTag, z.record(textKey, text(0, 500)))
  .refine((texts) => Object.keys(texts).length <= limits.textLanguages, `must have at most ${limits.textLanguages} languages`)
  .refine(
    (texts) => new TextEncoder().encode(JSON.stringify(texts)).length <= limits.textsBytes,
    `must have at most ${limits.textsBytes} bytes as JSON`,
  )
  .meta({ id: 'WidgetTexts', description: "Texts of the widget in an app's own words: by language (BCP 47), then by the name of the text." })
export type WidgetTexts = z.infer<typeof WidgetTexts>

const mailMinutes = z.int().min(1).max(limits.mailMinutes).nullable()

/**
 * What an app sets. `auto_close_days` null never closes; `return_url` may hold `{ticket_id}`. `contact_email` is shown to everybody, `inbox_email` is not part of the widget's
 * config. `visitors`: people who are not signed in may write. `role_claim`: the claim of a token that holds its role.
 * `inbox_mail`: the inbox hears of every new ticket. `customer_mail_minutes`: how long an answer stays unread before its customer gets a mail; `agent_mail_minutes`: how long a customer's
 * words stay unseen before the assignee, else the inbox, gets one. Null sends none.
 */
export const AppSettings = z
  .strictObject({
    categories: z.array(Category).max(50),
    form_fields: z.array(FormField).max(20),
    office_hours: OfficeHours.nullable(),
    reply_time_text: text(1, 200).nullable(),
    auto_close_days: z.int().min(1).max(365).nullable(),
    return_url: safeString().max(limits.url).refine(isWebUrl, 'must be an http(s) URL').nullable(),
    inbox_email: z.email().max(limits.email).nullable(),
    contact_email: z.email().max(limits.email).nullable(),
    visitors: z.boolean(),
    theme: WidgetTheme,
    texts: WidgetTexts,
    role_claim: safeString().min(1).max(limits.claimName),
    inbox_mail: z.boolean(),
    customer_mail_minutes: mailMinutes,
    agent_mail_minutes: mailMinutes,
  })
  .meta({ id: 'AppSettings' })
export type AppSettings = z.infer<typeof AppSettings>

/** The settings of an app that has set nothing. */
export const defaultSettings: AppSettings = {
  categories: [
    { id: 'billing', label: 'Billing' },
    { id: 'technical', label: 'Technical' },
    { id: 'account', label: 'Account' },
    { id: 'other', label: 'Other' },
  ],
  form_fields: [],
  office_hours: null,
  reply_time_text: null,
  auto_close_days: 7,
  return_url: null,
  inbox_email: null,
  contact_email: null,
  visitors: false,
  theme: {},
  texts: {},
  role_claim: 'role',
  inbox_mail: true,
  customer_mail_minutes: 10,
  agent_mail_minutes: 10,
}

/** An app as its agents see it. */
export const App = z.strictObject({ id: z.string(), name: z.string(), origins: z.array(z.string()), settings: AppSettings }).meta({ id: 'App' })
export type App = z.infer<typeof App>

const unique = (key: string) => `must not have two of the same ${key}`
const distinct = (values: string[]) => new Set(values).size === values.length

const Origins = z
  .array(safeString().max(limits.url).refine(isOrigin, 'must be an origin as browsers send it, such as https://app.example.com'))
  .max(limits.originsPerApp)
  .refine(distinct, 'must not have two of the same')

/** A change of the app: what is named is replaced. Without origins no browser may call, but for our own pages. */
export const AppPatch = z.strictObject({
  name: text(1, 100).optional(),
  origins: Origins.optional(),
  settings: AppSettings.partial()
    .refine((one) => distinct((one.categories ?? []).map((category) => category.id)), { error: unique('id'), path: ['categories'] })
    .refine((one) => distinct((one.form_fields ?? []).map((field) => field.key)), { error: unique('key'), path: ['form_fields'] })
    .refine((one) => (one.form_fields ?? []).every((field) => (field.type === 'select') === (field.options !== undefined)), {
      error: 'a select needs options, and nothing else has them',
      path: ['form_fields'],
    })
    .optional(),
})
export type AppPatch = z.infer<typeof AppPatch>

/** A text that agents use again and again; `{{customer.name}}`, `{{agent.name}}`, `{{ticket.number}}`, `{{ticket.subject}}` and `{{app.name}}` are filled in by who uses it. */
export const CannedReply = z
  .strictObject({
    id: idOut(),
    name: z.string(),
    body: z.string(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'CannedReply' })
export type CannedReply = z.infer<typeof CannedReply>
export const NewCannedReply = z.strictObject({ name: text(1, limits.cannedReplyName), body: text(1, limits.body) }).meta({ id: 'NewCannedReply' })
