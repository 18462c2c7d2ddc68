import { encodeId } from '@support-widget/shared/ids.ts'
import type { Key } from '@support-widget/shared/key.ts'
import type { KeyView } from '../domain/keys.ts'

/** The id by which the API knows a key: a signing key's is its `kid`. */
const idOf = ({ kind, id }: KeyView) => (kind === 'signing' ? id : encodeId(id))

export function presentKey(view: KeyView): Key {
  const { kind, name, customer_id, customer_external_id, links, issuer, audience, jwks_url, role_claim } = view
  return {
    id: idOf(view),
    kind,
    name,
    customer: customer_id === null ? null : { id: encodeId(customer_id), external_id: customer_external_id },
    links: links && Object.fromEntries(Object.entries(links).map(([key, values]) => [key, [...values]])),
    issuer,
    audience,
    jwks_url,
    role_claim,
    created_at: view.created_at.toISOString(),
    last_used_at: view.last_used_at?.toISOString() ?? null,
    revoked_at: view.revoked_at?.toISOString() ?? null,
  }
}
