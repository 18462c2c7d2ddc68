import { html, Markup } from './html.ts'
import { earlyCalls } from './policy.ts'
import type { User } from './users.ts'

/** How a page reaches the support server. */
export interface Embed {
  serverUrl: string
  appId: string
}

/** The two lines that a host app adds. The first has nothing to escape, and its hash in the policy holds only for these exact characters. */
export const widgetTags = (embed: Embed) => html`<script>${new Markup(earlyCalls)}</script>
<script async src="${embed.serverUrl}/widget.js" data-app="${embed.appId}" data-token-url="/support-token"></script>`

const links = [
  { path: '/', label: 'Bookings' },
  { path: '/payouts', label: 'Payouts' },
  { path: '/account', label: 'Account' },
]

const mark = html`<svg class="mark" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true"><path d="M5 28V15a11 11 0 0 1 22 0v13z" fill="currentColor"/><path class="mark-fire" d="M16 12c3 3.4 5 5.6 5 9a5 5 0 0 1-10 0c0-1.9.8-3.2 1.9-4.4.3 1.1.8 1.7 1.500 2 .1-2.6.4-4.600 1.6-6.6z"/></svg>`

const initials = (name: string) =>
  name
    .split(' ')
    .map((part) => part.charAt(0))
    .join('')
    .slice(0, 2)

const navigation = (path: string) =>
  html`<nav class="nav" aria-label="Main">${links.map(
    (link) => html`<a href="${link.path}"${link.path === path ? html` aria-current="page"` : null}>${link.label}</a>`,
  )}</nav>`

const signedIn = (
  user: User,
) => html`<div class="who"><span class="avatar" aria-hidden="true">${initials(user.name)}</span><span class="who-name">${user.name}</span>
<form method="post" action="/sign-out"><button class="quiet">Sign out</button></form></div>`

/** A whole page of the product. */
export function layout(page: { title: string; path: string; user: User | null; body: Markup; embed: Embed }): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${page.title} · Kilnshare</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/kilnshare.css">
<link rel="stylesheet" href="/assets/pages.css">
<script src="/assets/kilnshare.mjs" type="module"></script>
${widgetTags(page.embed)}
</head>
<body>
<header class="top"><div class="wrap bar"><a class="brand" href="/">${mark}<span>Kilnshare</span></a>${
    page.user ? [navigation(page.path), signedIn(page.user)] : null
  }</div></header>
<main class="wrap">${page.body}</main>
<footer class="wrap foot"><p>Kilnshare shares kiln space between studios and makers.</p>${
    page.user ? html`<p><button class="link" data-contact-support>Contact support</button></p>` : null
  }</footer>
</body>
</html>`.text
}
