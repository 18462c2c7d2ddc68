import { listMails, retryMail } from '../../domain/mails.ts'
import { presentMail } from '../../present/mail.ts'
import { ticketId } from '../ids.ts'
import type { Handlers } from '../operation.ts'
import { pageOf } from '../paging.ts'

/** What became of the app's mails. */
export const mailHandlers: Handlers<'agentListMails' | 'agentRetryMail'> = {
  async agentListMails({ core, actor, query }) {
    const { mails, total } = await listMails(core, actor, query)
    return pageOf(mails.map(presentMail), total, query)
  },

  async agentRetryMail({ core, actor, params }) {
    return presentMail(await retryMail(core, actor, ticketId(params)))
  },
}
