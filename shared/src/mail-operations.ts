import * as z from 'zod'
import { Mail, mailKinds, mailStates } from './mail.ts'
import { type Operation, pageOf, paging } from './operation.ts'
import { idParam, queryList, safeString } from './text.ts'

/** What became of the mails of an app. */
export const mailOperations = {
  agentListMails: {
    summary: 'Mails, newest first: what waits, was sent, could not be sent',
    description:
      'Without an SMTP server mail stays `queued`. `failed`: the server refused it for good, or every attempt of four days failed. `cancelled`: by the time it was due nobody needed it any more, because it had been read, or nobody could or wanted to have it. What ended is forgotten after 30 days.',
    access: 'admin',
    status: 200,
    query: paging.extend({
      state: queryList(z.enum(mailStates)).optional(),
      kind: queryList(z.enum(mailKinds)).optional(),
      ticket: safeString().optional(),
    }),
    output: pageOf(Mail),
    errors: [],
  },
  agentRetryMail: {
    summary: 'Try a mail again now',
    description: 'One that waits or was given up is due at once, with all its attempts before it; any other is answered as it is.',
    access: 'admin',
    status: 200,
    params: z.strictObject({ id: idParam() }),
    output: Mail,
    errors: ['not_found'],
  },
} as const satisfies Record<string, Operation>
