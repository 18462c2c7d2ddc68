import { appRef, ids, self } from './example-objects.ts'

const visitorToken = `sup_visitor_${ids.visitor}_2nP0f6kq9bH0yD3mZr1cV7sTqLwX4uJ8aEoGiKpRtYs`
const visitor = { ...self, id: ids.visitor, external_id: null, name: null, email: null, verified: false }

export const identityExamples = {
  createVisitor: {
    body: { app: 'demo' },
    output: { token: visitorToken, customer: visitor, expires_at: '2026-05-31T09:15:00.000Z' },
  },
  mergeVisitor: {
    body: { visitor_token: visitorToken },
    output: { app: appRef, customer: self, unread_count: 1, open_tickets: 3 },
  },
  updateMe: {
    body: { email: 'robin@example.com', name: 'Robin', notify: true },
    output: { app: appRef, customer: { ...visitor, name: 'Robin', email: 'robin@example.com' }, unread_count: 0, open_tickets: 1 },
  },
}
