import type { AppSettings } from '@support-widget/shared/app.ts'
import type { Role } from '@support-widget/shared/people.ts'

/** The app a credential belongs to: the tenant of everything the request may touch. */
export interface AppRef {
  id: string
  publicId: string
  name: string
  origins: readonly string[]
  /** What the app has set; absent means the default of shared/src/app.ts. */
  settings: Partial<AppSettings>
}

/** What a signed token says about its person; undefined where it says nothing. */
export interface Profile {
  name: string | undefined
  email: string | undefined
  emailVerified: boolean
  phone: string | undefined
  locale: string | undefined
}

/** Which values of a link key this caller may use; a key not named is not limited. */
export type Links = Readonly<Record<string, readonly string[]>>

/** Who is calling, proven by the credential alone. Ids are UUIDs, `expiresAt` is the credential's own end. */
export type Principal =
  | {
      kind: 'user'
      app: AppRef
      sub: string
      role: Role
      customerId: string
      agentId: string | null
      links: Links | null
      profile: Profile
      expiresAt: Date
    }
  | { kind: 'visitor'; app: AppRef; customerId: string; expiresAt: Date }
  | { kind: 'partner_key'; app: AppRef; keyId: string; customerId: string; links: Links | null }
  | { kind: 'admin_key'; app: AppRef; keyId: string }
