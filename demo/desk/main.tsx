import { effect } from '@preact/signals'
import { render } from 'preact'
import { createCall } from './api.ts'
import { App } from './components/App.tsx'
import { createEntry } from './entry.ts'
import { connectLive } from './live.ts'
import { createRoute, takeCode } from './route.ts'
import { createSession } from './session.ts'

const agent = new URLSearchParams(location.search).get('agent') ?? 'sam'
const session = createSession({ agent, code: takeCode(), storage: sessionStorage, fetch: window.fetch.bind(window) })
const token = () => session.token.peek()
const call = createCall({ token, renew: session.renew, fetch: window.fetch.bind(window) })
const route = createRoute()
const entry = createEntry({
  session,
  call,
  connect: (handlers) => connectLive({ ...handlers, token: session.token, renew: session.renew }),
  storage: sessionStorage,
  window,
})

effect(() => {
  const id = route.ticketId.value
  const desk = entry.desk.value
  if (desk && desk.conversations.openId.peek() !== id) desk.conversations.open(id)
})

effect(() => {
  const unread = entry.desk.value?.tickets.unread.value ?? 0
  const subject = entry.desk.value?.conversations.ticket.value?.subject
  document.title = `${unread > 0 ? `(${unread}) ` : ''}${subject ? `${subject} · ` : ''}Support desk`
})

const root = document.getElementById('desk')
if (root) render(<App entry={entry} />, root)
void session.start()

window.addEventListener('hashchange', () => {
  const code = takeCode()
  if (code !== null) void session.startWith(code)
})
