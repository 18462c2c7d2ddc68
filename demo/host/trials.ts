import { hostileStyles } from './hostile-styles.ts'
import { html } from './html.ts'
import { type Embed, widgetTags } from './layout.ts'
import type { User } from './users.ts'

const who = (user: User | null) => (user ? html`Signed in as <strong>${user.name}</strong>.` : html`Signed out.`)

/** A page that treats everything on it badly: its styles reach every element, its scripts change what all objects inherit before the widget loads. */
export function hostilePage(embed: Embed, user: User | null, style = 'unset'): string {
  const css = Object.hasOwn(hostileStyles, style) ? style : 'unset'
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Hostile page</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/hostile-${css}.css">
<script src="/assets/hostile.mjs"></script>
${widgetTags(embed)}
<script src="/assets/kilnshare.mjs" type="module"></script>
</head>
<body>
<h1>Hostile page</h1>
<p>${who(user)}</p>
<p><button data-contact-support>Contact support</button></p>
</body>
</html>`.text
}

/** A page under the strictest policy that the widget promises to work with. It has no style and no script of its own. */
export function strictPage(embed: Embed, user: User | null): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Strict policy</title>
${widgetTags(embed)}
</head>
<body>
<h1>Strict policy</h1>
<p>${who(user)}</p>
</body>
</html>`.text
}

/** A page that never reloads: it navigates with the history API and starts, stops and re-identifies the widget itself. */
export function spaPage(embed: Embed, user: User | null): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Single page</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/kilnshare.css">
${widgetTags(embed)}
<script src="/assets/spa.mjs" type="module"></script>
</head>
<body>
<main class="wrap" id="spa" data-server="${embed.serverUrl}" data-app="${embed.appId}">
<h1 id="view">Home</h1>
<p id="user">${user ? user.name : 'Nobody'}</p>
<nav class="nav" aria-label="Views"><a href="/spa" data-view>Home</a><a href="/spa/kilns" data-view>Kilns</a><a href="/spa/studios" data-view>Studios</a></nav>
<p class="buttons">
<button data-do="boot">Boot</button>
<button data-do="shutdown">Shutdown</button>
<button data-do="open">Open</button>
<button data-do="alice">Identify as alice</button>
<button data-do="bob">Identify as bob</button>
<button data-do="logout">Log out</button>
</p>
<p>Last: <output id="last">none</output></p>
</main>
</body>
</html>`.text
}
