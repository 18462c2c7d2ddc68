import { encodeId } from '@support-widget/shared/ids.ts'
import type { MailLinks } from '../../auth/mail-link.ts'
import type { AppRef } from '../../auth/principal.ts'
import { settingsOf } from '../../domain/apps.ts'
import type { Letter } from '../../domain/mail-letter.ts'
import type { Notice } from '../../domain/mail-notice.ts'
import type { MessageView } from '../../domain/views.ts'
import { escapeHtml } from '../../present/html.ts'
import { fill, textsIn } from '../../present/mail-texts.ts'
import { agentName } from '../../present/people.ts'
import type { Envelope } from './transport.ts'

/** Who we are to the world outside. */
export interface Sender {
  publicUrl: string
  /** MAIL_FROM: an address. */
  from: string
  replyDomain: string | null
  links: MailLinks
}

/** What stands in a mail, before it is text or HTML. */
interface Sheet {
  lang: string
  dir: 'ltr' | 'rtl'
  intro: string
  messages: { author: string; body: string; files: string[] }[]
  /** Said before the messages, where not all of them fit. */
  more: string | null
  button: { label: string; url: string } | null
  /** What follows, each with the link that it speaks of. */
  footer: { text: string; link?: { label: string; url: string } }[]
}

/** Makes a mail of what is to be told. A customer sees names of agents and never an address of theirs; nobody sees a note. */
export const renderMail = (letter: Letter | Notice, sender: Sender): Envelope =>
  letter.kind === 'webhook_off' ? renderNotice(letter, sender) : renderLetter(letter, sender)

/** What all mails have in common. */
const envelopeOf = ({ app, to, messageId }: Letter | Notice, { from }: Sender, sheet: Sheet) => ({
  from: { name: oneLine(app.name), address: from },
  to,
  text: asText(sheet),
  html: asHtml(sheet),
  messageId,
  headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All', 'Content-Language': sheet.lang },
})

function renderLetter(letter: Letter, sender: Sender): Envelope {
  const toCustomer = letter.kind === 'customer_unread'
  const unsubscribe = toCustomer ? linkOf('unsubscribe', letter, sender) : null
  const sheet = toCustomer ? sheetForCustomer(letter, sender) : sheetForAgents(letter, sender)
  const envelope = envelopeOf(letter, sender, sheet)
  return {
    ...envelope,
    replyTo: sender.replyDomain === null ? null : `${sender.links.replyTo(letter.ticket.id)}@${sender.replyDomain}`,
    subject: subjectOf(letter),
    inReplyTo: letter.firstMessageId,
    headers: {
      ...envelope.headers,
      ...(unsubscribe === null ? {} : { 'List-Unsubscribe': `<${unsubscribe}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' }),
    },
  }
}

function renderNotice(notice: Notice, sender: Sender): Envelope {
  const { app, webhook } = notice
  // Its host alone: what stands behind that is a secret at some receivers.
  const { host } = new URL(webhook.url)
  const sheet: Sheet = {
    lang: 'en',
    dir: 'ltr',
    intro: `${oneLine(app.name)} sends no more webhooks to ${host}: it answered 410 (Gone), so this endpoint has been switched off.`,
    messages: [{ author: '', body: [`Endpoint ${encodeId(webhook.id)}`, oneLine(webhook.description)].filter(Boolean).join('\n'), files: [] }],
    more: null,
    button: null,
    footer: [
      { text: 'Nothing is kept for it while it is off. An admin can switch it on again, or delete it, by the API.' },
      { text: whyAgents(app) },
    ],
  }
  return { ...envelopeOf(notice, sender, sheet), replyTo: null, subject: `Webhook switched off: ${host}`, inReplyTo: null }
}

const whyAgents = ({ name }: AppRef) =>
  `You get this mail because you answer for ${oneLine(name)}. Which mails are sent is set in the app's settings.`

/** One subject for all mails about a ticket: programs that thread by it too keep them together. */
const subjectOf = ({ kind, ticket }: Letter) => `${kind === 'new_ticket' ? '' : 'Re: '}[${ticket.number}] ${oneLine(ticket.subject)}`

/** Nothing that could end a header, or turn around what is read. */
const oneLine = (text: string) =>
  text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu, ' ')
    .replace(/ {2,}/g, ' ')
    .trim()

const linkOf = (purpose: 'unsubscribe' | 'confirm', { app, ticket, to, languages }: Letter, { links }: Sender) =>
  links.url(purpose, { appId: app.id, customerId: ticket.customer_id, address: to }, textsIn(...languages).lang)

/**
 * The app's page on which the widget opens the ticket: its `return_url` with `{ticket_id}` filled in, and with `support_ticket` unless it has that itself. Null if the app names none.
 */
export function ticketUrl(returnUrl: string | null, ticketId: string): string | null {
  const filled = returnUrl?.replaceAll('{ticket_id}', ticketId) ?? ''
  if (!URL.canParse(filled)) return null
  const url = new URL(filled)
  if (!/^https?:$/.test(url.protocol)) return null
  // Set as text: written anew, the page's own parameters might be encoded differently.
  if (!url.searchParams.has('support_ticket')) url.search = `${url.search}${url.search === '' ? '?' : '&'}support_ticket=${ticketId}`
  return url.href
}

function sheetForCustomer(letter: Letter, sender: Sender): Sheet {
  const { app, ticket } = letter
  const { lang, dir, texts } = textsIn(...letter.languages)
  const said = (text: string) => fill(text, { app: oneLine(app.name), subject: oneLine(ticket.subject) })
  const url = ticketUrl(settingsOf(app).return_url, encodeId(ticket.id))
  const confirm = { text: said(texts.onlyOnce), link: { label: texts.confirm, url: linkOf('confirm', letter, sender) } }
  return {
    lang,
    dir,
    intro: said(texts.wrote),
    messages: letter.messages.map((one) => messageOf(one, texts.attachment)),
    more: letter.omitted > 0 ? texts.more : null,
    button: url === null ? null : { label: texts.read, url },
    footer: [
      { text: said(texts.why) },
      ...(sender.replyDomain === null ? [{ text: texts.noReply }] : []),
      ...(letter.isUnconfirmed ? [confirm] : []),
      { text: '', link: { label: texts.unsubscribe, url: linkOf('unsubscribe', letter, sender) } },
    ],
  }
}

function sheetForAgents(letter: Letter, { publicUrl }: Sender): Sheet {
  const { app, ticket } = letter
  const who = oneLine(ticket.customer_name ?? ticket.customer_email ?? 'A customer')
  const address = ticket.customer_email === null ? '' : ` (${oneLine(ticket.customer_email)}${ticket.customer_verified ? '' : ', not verified'})`
  const intro = letter.kind === 'new_ticket' ? 'has opened a ticket' : 'has written, and nobody has seen it yet'
  return {
    lang: 'en',
    dir: 'ltr',
    intro: `${who}${address} ${intro}: ${ticket.number}, ${oneLine(ticket.subject)}`,
    messages: letter.messages.map((one) => messageOf(one, 'Attachment')),
    more: letter.omitted > 0 ? 'There are more messages before these.' : null,
    button: { label: 'Open at the desk', url: `${publicUrl}/desk#/tickets/${encodeId(ticket.id)}` },
    footer: [{ text: whyAgents(app) }],
  }
}

const messageOf = ({ author_type, agent_name, customer_name, body, attachments }: MessageView, attachment: string) => ({
  author: oneLine(author_type === 'customer' ? (customer_name ?? '') : agentName(agent_name)),
  body,
  files: attachments.map((file) => `${attachment}: ${oneLine(file.filename)}`),
})

function asText({ intro, messages, more, button, footer }: Sheet): string {
  const said = messages.map(({ author, body, files }) => [author === '' ? '' : `${author}:`, body, ...files].filter((line) => line !== '').join('\n'))
  const links = footer.map(({ text, link }) => [text, ...(link ? [`${link.label}: ${link.url}`] : [])].filter((line) => line !== '').join('\n'))
  const open = button ? [`${button.label}: ${button.url}`] : []
  return `${[intro, ...(more ? [more] : []), ...said, ...open, `-- \n${links.join('\n\n')}`].join('\n\n')}\n`
}

const grey = 'color:#5f6368;font-size:13px'

/** Inline styles alone, because many mail programs drop all others. Nothing is loaded from anywhere. */
function asHtml({ lang, dir, intro, messages, more, button, footer }: Sheet): string {
  const side = dir === 'rtl' ? 'right' : 'left'
  const said = messages.map(
    ({ author, body, files }) => `<div style="margin:0 0 16px;padding:12px 16px;background:#f4f4f5;border-radius:8px">
${author === '' ? '' : `<div style="font-weight:bold" dir="auto">${escapeHtml(author)}</div>`}
<div dir="auto" style="white-space:pre-wrap;overflow-wrap:anywhere">${escapeHtml(body)}</div>
${files.map((file) => `<div style="${grey}" dir="auto">${escapeHtml(file)}</div>`).join('\n')}
</div>`,
  )
  const open = button
    ? `<p><a href="${escapeHtml(button.url)}" style="display:inline-block;padding:10px 18px;background:#1f2937;color:#ffffff;border-radius:6px;text-decoration:none">${escapeHtml(button.label)}</a></p>`
    : ''
  const rest = footer.map(({ text, link }) => {
    const anchor = link ? `<a href="${escapeHtml(link.url)}" style="color:#5f6368">${escapeHtml(link.label)}</a>` : ''
    return `<p style="${grey}" dir="auto">${[escapeHtml(text), anchor].filter((part) => part !== '').join(' ')}</p>`
  })
  return `<!doctype html>
<html lang="${lang}" dir="${dir}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"></head>
<body style="margin:0;padding:24px;font-family:system-ui,sans-serif;font-size:15px;line-height:1.5;color:#1f2328;background:#ffffff">
<div style="max-width:600px;margin:0 auto;text-align:${side}">
<p dir="auto">${escapeHtml(intro)}</p>
${more ? `<p style="${grey}">${escapeHtml(more)}</p>` : ''}
${said.join('\n')}
${open}
<hr style="border:0;border-top:1px solid #e4e4e7;margin:24px 0">
${rest.join('\n')}
</div>
</body>
</html>
`
}
