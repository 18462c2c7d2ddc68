import { createTicket } from '../../../domain/create.ts'
import { inboxMailSent } from '../../../domain/mail-sent.ts'
import { readMe } from '../../../domain/people.ts'
import { together } from '../../../domain/record.ts'
import { dropUnlessKept, keepUpload, storeBytes } from '../../../domain/uploads.ts'
import { Refusal } from '../../../errors.ts'
import { type Dialect, route } from '../dialect.ts'
import * as schemas from './schemas.ts'
import { acceptedOf, failureOf, ticketFrom } from './translate.ts'

export const loop: Dialect = {
  name: 'loop',
  title: 'loop',
  description:
    'Tickets by one request, with who can be reached about them and at most one file. Call it with the token of the person, or with their partner key.',
  keyHeaders: ['X-Api-Key'],
  bodyBytes: schemas.bodyBytes,
  refuse: failureOf,
  error: schemas.Failure,
  routes: [
    route({
      name: 'createTicket',
      method: 'POST',
      path: '/v1/support/tickets',
      summary: 'Create a support ticket',
      access: 'customer',
      status: 201,
      body: schemas.NewTicket,
      output: schemas.Accepted,
      once: true,
      refusals: { 400: 'Anything in the request is not as it has to be', 403: 'person_id is not who calls, or may not use this brand_id' },
      example: {
        brand_id: 'north',
        person_id: 'alice',
        requester_email: 'alice@example.com',
        requester_name: 'Alice',
        subject: 'The scale does not pair',
        body: 'It shows up in the list, then it is gone.',
        attachment: { filename: 'pairing.log', content_base64: 'cGFpcmluZyBmYWlsZWQK', content_type: 'text/plain' },
      },
      async prepare({ core, actor, body }) {
        const { customer } = await readMe(core, actor)
        if (customer.external_id !== body.person_id) throw new Refusal('forbidden', { detail: 'person_id must be the user who calls.' })
        const { attachment } = body
        return attachment ? storeBytes(core, actor, attachment.filename, Buffer.from(attachment.content_base64, 'base64')) : null
      },
      same: ({ body }, file) => ({ ...body, attachment: file && { filename: file.filename, sha256: file.sha256 } }),
      async handle({ core, actor, body }, file) {
        const thread = await together(core, async (inner) => {
          const upload = file ? await keepUpload(inner, actor, file) : null
          return createTicket(inner, actor, ticketFrom(body, upload), { form: false })
        })
        return acceptedOf(thread)
      },
      async finish({ core, actor }, answer) {
        const accepted = answer as schemas.Accepted
        return { ...accepted, status: (await inboxMailSent(core, actor.app.id, accepted.ticket_id)) ? 'sent' : 'requested' }
      },
      settle: async ({ core }, file) => {
        if (file) await dropUnlessKept(core, file)
      },
    }),
  ],
}
