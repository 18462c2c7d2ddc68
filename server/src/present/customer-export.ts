import type { CustomerExport } from '@support-widget/shared/customer-export.ts'
import { encodeId } from '@support-widget/shared/ids.ts'
import type { SignedLinks } from '../auth/signed-link.ts'
import type { CustomerHead } from '../domain/customer-export.ts'
import type { TicketView } from '../domain/views.ts'
import { presentAttachment } from './attachment.ts'
import { presentCustomer } from './people.ts'
import { presentTicketForCustomer } from './ticket.ts'

/** A data subject's copy: what is theirs and what they can see. Notes, tags and what agents write for themselves are the app's own. */
export function presentCustomerHead({ customer, keys, unsent }: CustomerHead, links: SignedLinks, now: Date): Omit<CustomerExport, 'tickets'> {
  return {
    exported_at: now.toISOString(),
    customer: presentCustomer(customer),
    partner_keys: keys.map((key) => ({ id: encodeId(key.id), name: key.name, links: key.links, created_at: key.created_at.toISOString() })),
    unsent_attachments: unsent.map((one) => presentAttachment(one, links)),
  }
}

export function presentExportedTicket(view: TicketView): Omit<CustomerExport['tickets'][number], 'messages'> {
  const { context, country, store_region, external_ticket_id, preferred_language } = view
  return { ...presentTicketForCustomer(view), context, country, store_region, external_ticket_id, preferred_language }
}
