import { defaultSettings } from './app.ts'
import { agent, customer, ids, listOf, message, ticket } from './example-objects.ts'

const app = { id: 'demo', name: 'Kilnshare', origins: ['https://kilnshare.example'], settings: defaultSettings }
const keyId = '01JMZX0T2V4W6X8Y0Z1A3B5C7D'
const key = {
  id: keyId,
  kind: 'admin' as const,
  name: 'Backend',
  customer: null,
  links: null,
  issuer: null,
  audience: null,
  jwks_url: null,
  role_claim: null,
  created_at: '2026-01-05T08:00:00.000Z',
  last_used_at: '2026-03-03T10:00:00.000Z',
  revoked_at: null,
}
const identityProvider = {
  issuer: 'https://login.kilnshare.example/',
  audience: 'support',
  jwks_url: 'https://login.kilnshare.example/.well-known/jwks.json',
  role_claim: 'https://kilnshare.example/role',
}
const entry = {
  id: '01JN300B3CM4N5P6Q7R8S9T0X4',
  action: 'app_updated' as const,
  actor: { type: 'agent' as const, id: ids.agent, name: 'Sam' },
  object: { type: 'app' as const, id: 'demo' },
  data: { changes: { 'settings.auto_close_days': { from: 7, to: 14 } } },
  created_at: '2026-03-03T10:00:00.000Z',
}
const code = 'hV0m2bq8QK3yJr1nXw5sT7uZ9aC4eG6iL8oP0dF2kMs'

export const appExamples = {
  agentGetApp: { output: app },
  agentUpdateApp: {
    body: { origins: app.origins, settings: { auto_close_days: 14, theme: { color: '#a34b21' }, texts: { en: { title: 'Help' } } } },
    output: { ...app, settings: { ...defaultSettings, auto_close_days: 14, theme: { color: '#a34b21' }, texts: { en: { title: 'Help' } } } },
  },
  agentListKeys: { query: { page: 1, per_page: 20 }, output: listOf([key]) },
  agentCreateKey: {
    body: { kind: 'jwks' as const, name: 'Login', ...identityProvider },
    output: { ...key, kind: 'jwks' as const, name: 'Login', ...identityProvider, last_used_at: null, secret: null },
  },
  agentRevokeKey: { params: { id: keyId }, output: { ...key, revoked_at: '2026-03-03T10:00:00.000Z' } },
  agentListAudit: { query: { action: ['app_updated' as const], page: 1, per_page: 20 }, output: listOf([entry]) },
  agentExportCustomer: {
    params: { id: ids.customer },
    output: {
      exported_at: '2026-03-03T10:00:00.000Z',
      customer,
      partner_keys: [],
      unsent_attachments: [],
      tickets: [
        {
          ...ticket,
          context: { page: '/bookings/4711' },
          country: 'CA',
          store_region: null,
          external_ticket_id: null,
          preferred_language: 'fr',
          messages: [message],
        },
      ],
    },
  },
  agentEraseCustomer: { params: { id: ids.customer }, output: { id: ids.customer, erased_at: '2026-03-03T10:00:00.000Z' } },
  agentRestoreAgent: { params: { id: ids.agent }, output: agent },
  agentCreateDeskCode: {
    output: { code, url: `https://support.example.com/desk#code=${code}`, expires_at: '2026-03-03T10:01:00.000Z' },
  },
  redeemDeskCode: { body: { code }, output: { token: 'eyJhbGciOiJIUzI1NiIsImtpZCI6ImRlbW8tMSJ9.eyJzdWIiOiJzYW0ifQ.c2lnbmF0dXJl' } },
}
