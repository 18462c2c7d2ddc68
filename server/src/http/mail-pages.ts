import { fileURLToPath } from 'node:url'
import type Router from '@koa/router'
import { send } from '@koa/send'
import type { MailClaims, MailPurpose } from '../auth/mail-link.ts'
import type { Core } from '../domain/core.ts'
import { confirmAddress, unsubscribe } from '../domain/mail-trust.ts'
import { escapeHtml } from '../present/html.ts'
import { fill, type MailTexts, textsIn } from '../present/mail-texts.ts'
import type { Ctx } from './context.ts'
import { pageHeaders } from './page-headers.ts'

interface Page {
  question: keyof MailTexts
  button: keyof MailTexts
  done: keyof MailTexts
  /** False: what the link was for is no more. */
  act(core: Core, claims: MailClaims): Promise<boolean>
}

const pages: Record<MailPurpose, Page> = {
  unsubscribe: { question: 'unsubscribeQuestion', button: 'unsubscribe', done: 'unsubscribed', act: unsubscribe },
  confirm: { question: 'confirmQuestion', button: 'confirm', done: 'confirmed', act: confirmAddress },
}
const folder = fileURLToPath(new URL('./mail/', import.meta.url))

/**
 * The pages behind the links of our mails. Looking at one changes nothing, because mail programs look at links by themselves; its button sends a POST, and so does a mail program whose user
 * unsubscribes (RFC 8058). No credential is asked for: the link is the permission, and for nothing else.
 */
export function mountMailPages(router: Router, core: Core): void {
  const headers = pageHeaders({ trustedTypes: true, forms: true })
  for (const purpose of Object.keys(pages) as MailPurpose[]) {
    const path = `/mail/${purpose}`
    router.use(path, headers)
    router.get(path, (ctx) => show(ctx as unknown as Ctx, core, purpose, 'question'))
    router.post(path, (ctx) => show(ctx as unknown as Ctx, core, purpose, 'done'))
  }
  router.get('/mail/page.css', (ctx) => send(ctx, 'page.css', { root: folder, maxAge: 3_600_000 }))
}

async function show(ctx: Ctx, core: Core, purpose: MailPurpose, what: 'question' | 'done'): Promise<void> {
  const page = pages[purpose]
  const { token, lang: wish = null } = ctx.query
  const claims = typeof token === 'string' ? core.mailLinks.read(purpose, token) : null
  ctx.type = 'text/html; charset=utf-8'
  ctx.set({ 'Cache-Control': 'no-store', 'X-Robots-Tag': 'noindex' })
  if (claims === null || (what === 'done' && !(await page.act(core, claims)))) {
    const { lang, dir, texts } = textsIn(...ctx.acceptsLanguages())
    ctx.status = 404
    ctx.body = html({ lang, dir, text: texts.badLink })
    return
  }
  // As the mail was.
  const { lang, dir, texts } = textsIn(typeof wish === 'string' ? wish : null, ...ctx.acceptsLanguages())
  const app = (await core.apps.byId(claims.appId))?.name ?? ''
  ctx.status = 200
  ctx.body = html({ lang, dir, text: fill(texts[page[what]], { app }), ...(what === 'question' ? { button: texts[page.button] } : {}) })
}

/** The form has no target of its own: it goes to the address of the page, with the token in it. */
const html = ({ lang, dir, text, button }: { lang: string; dir: string; text: string; button?: string }) => `<!doctype html>
<html lang="${lang}" dir="${dir}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(text)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/mail/page.css">
</head>
<body>
<main>
<h1>${escapeHtml(text)}</h1>
${button === undefined ? '' : `<form method="post"><button>${escapeHtml(button)}</button></form>`}
</main>
</body>
</html>
`
