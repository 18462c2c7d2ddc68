import { type Account, accountOf, type Booking, kilnsNearby } from './bookings.ts'
import { html, type Markup } from './html.ts'
import { demoUsers, type User } from './users.ts'

/** A page of the product: its title and what stands in it. */
export interface Page {
  title: string
  body: (user: User, now: Date) => Markup
}

const money = new Intl.NumberFormat('en-IE', { style: 'currency', currency: 'EUR' })
const dateOnly = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short', timeZone: 'UTC' })
const hourOnly = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: 'UTC' })

const tones: Record<string, string> = {
  Confirmed: 'good',
  Paid: 'good',
  'Firing now': 'hot',
  Cooling: 'warm',
  'On its way': 'warm',
  'Waiting for studio': 'calm',
  Collected: 'calm',
}

const badge = (status: string) => html`<span class="badge ${tones[status] ?? 'calm'}">${status}</span>`

const figure = (label: string, value: string, hint: string) =>
  html`<div class="card figure"><dt>${label}</dt><dd>${value}</dd><dd class="hint">${hint}</dd></div>`

const bookingRow = (one: Booking) => html`<tr>
<td data-label="Firing"><strong>${one.kiln}</strong><span class="sub">${one.studio}</span></td>
<td data-label="Type">${one.firing}<span class="sub">${one.peak}</span></td>
<td data-label="Loads"><time datetime="${one.start.toISOString()}">${dateOnly.format(one.start)}</time><span class="sub">${hourOnly.format(one.start)}, ${one.shelves} ${
  one.shelves === 1 ? 'shelf' : 'shelves'
}</span></td>
<td data-label="Status">${badge(one.status)}</td>
<td data-label="Price" class="number">${money.format(one.price)}<span class="sub">${one.id}</span></td>
</tr>`

const bookingTable = (bookings: Booking[]) =>
  bookings.length === 0
    ? html`<div class="card empty"><p><strong>No firings booked yet</strong></p><p>Pick a kiln below: most studios answer within the hour.</p></div>`
    : html`<div class="card flush"><table><thead><tr><th scope="col">Kiln</th><th scope="col">Firing</th><th scope="col">Loads</th><th scope="col">Status</th><th scope="col" class="number">Price</th></tr></thead>
<tbody>${bookings.map(bookingRow)}</tbody></table></div>`

const kilnCard = (
  kiln: (typeof kilnsNearby)[number],
) => html`<li class="card kiln"><h3>${kiln.name}</h3><p class="sub">${kiln.studio}, ${kiln.distance}</p><p>${kiln.detail}</p>
<label class="space"><span>${kiln.free} of ${kiln.of} shelves free</span><meter min="0" max="${kiln.of}" value="${kiln.free}">${kiln.free} of ${kiln.of}</meter></label>
<p class="price"><strong>${money.format(kiln.price)}</strong> a shelf</p></li>`

const help = html`<section class="card help"><div><h2>Something cracked, stuck or billed twice?</h2><p>Write to us from here. A person who knows kilns answers, usually the same day.</p></div>
<button class="primary" data-contact-support>Contact support</button></section>`

const nextFiring = (account: Account, now: Date) =>
  account.bookings.filter((one) => one.start > now).sort((a, b) => a.start.getTime() - b.start.getTime())[0]

function dashboard(user: User, now: Date): Markup {
  const account = accountOf(user.id, now)
  const next = nextFiring(account, now)
  const shelves = account.bookings.reduce((sum, one) => sum + one.shelves, 0)
  return html`<div class="head"><div><h1>Hello, ${user.name.split(' ')[0]}</h1><p class="lead">Your firings at a glance.</p></div></div>
<dl class="figures">${[
    figure('Next firing', next ? dateOnly.format(next.start) : 'None', next ? `${next.kiln}, ${next.peak}` : 'Book one below'),
    figure('Shelves booked', String(shelves), 'in the last 30 days'),
    figure('Balance', money.format(account.balance), 'paid out on Mondays'),
  ]}</dl>
<h2>Bookings</h2>
${bookingTable(account.bookings)}
<h2>Kilns near you</h2>
<ul class="kilns">${kilnsNearby.map(kilnCard)}</ul>
${help}`
}

function payouts(user: User, now: Date): Markup {
  const account = accountOf(user.id, now)
  const rows = account.payouts.map(
    (
      one,
    ) => html`<tr><td data-label="Payout"><strong>${one.id}</strong></td><td data-label="Date"><time datetime="${one.date.toISOString()}">${dateOnly.format(one.date)}</time></td>
<td data-label="Firings">${one.firings}</td><td data-label="Status">${badge(one.status)}</td><td data-label="Amount" class="number">${money.format(one.amount)}</td></tr>`,
  )
  return html`<div class="head"><div><h1>Payouts</h1><p class="lead">What you earned from shelves that others used.</p></div></div>
<dl class="figures">${[figure('Balance', money.format(account.balance), 'next payout on Monday'), figure('Account', 'IBAN ending 4417', 'SEPA transfer, 1–2 days')]}</dl>
<h2>History</h2>
${
  rows.length === 0
    ? html`<div class="card empty"><p><strong>No payouts yet</strong></p><p>The first one comes after the first firing that you share.</p></div>`
    : html`<div class="card flush"><table><thead><tr><th scope="col">Payout</th><th scope="col">Date</th><th scope="col">Firings</th><th scope="col">Status</th><th scope="col" class="number">Amount</th></tr></thead><tbody>${rows}</tbody></table></div>`
}
${help}`
}

function account(user: User, now: Date): Markup {
  const details = accountOf(user.id, now)
  const rows: [string, string][] = [
    ['Name', user.name],
    ['E-mail', user.email],
    ['User', user.id],
    ['Plan', details.plan],
    ['Member since', details.since],
  ]
  return html`<div class="head"><div><h1>Account</h1><p class="lead">How studios and other makers know you.</p></div></div>
<div class="card"><dl class="facts">${rows.map(([label, value]) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`)}</dl></div>
${help}`
}

/** What somebody sees who is not signed in. */
export const signInPage = html`<section class="card sign-in"><h1>Sign in to Kilnshare</h1><p>This is a demo: choose who you are.</p>
<ul>${demoUsers.map((user) => html`<li><a class="person" href="?user=${user.id}"><span class="avatar" aria-hidden="true">${user.name.charAt(0)}</span><span><strong>${user.name}</strong><span class="sub">${user.email}</span></span></a></li>`)}</ul></section>`

export const notFoundPage = html`<section class="card empty"><h1>Nothing here</h1><p>This page does not exist. <a href="/">Go to your bookings</a></p></section>`

export const pages: Record<string, Page> = {
  '/': { title: 'Bookings', body: dashboard },
  '/payouts': { title: 'Payouts', body: payouts },
  '/account': { title: 'Account', body: account },
}
