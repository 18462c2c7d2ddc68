import { defaultSettings } from '@support-widget/shared/app.ts'
import { limits } from '@support-widget/shared/limits.ts'
import { expect, test } from 'vitest'
import { client, request } from '../support/client.ts'
import { stopClock } from '../support/clock.ts'
import { newApp } from '../support/factories.ts'
import { sharedServer } from '../support/server.ts'

async function setUp() {
  const server = await sharedServer()
  const app = await newApp(server)
  const [alice, sam, ada] = [await app.customer('alice'), await app.agent('sam'), await app.agent('ada', 'admin')]
  const set = (settings: object) => ada.send('agentUpdateApp', { body: { settings } })
  const config = () => client(server.url).call('getWidgetConfig', { query: { app: app.app.publicId } })
  const create = (body: object) => alice.send('createTicket', { body: { subject: 'x', body: 'x', ...body } })
  return { server, app, alice, sam, ada, set, config, create }
}

test('APP-1: agents read the settings, admins and keys change what they name', async () => {
  const { app, alice, sam, ada } = await setUp()
  const expected = { id: app.app.publicId, name: 'Test app', origins: [app.origin], settings: defaultSettings }
  expect(await sam.call('agentGetApp', {})).toEqual(expected)
  const patch = { body: { settings: { auto_close_days: null, inbox_email: 'help@example.com' } } }
  expect(await sam.refused('agentUpdateApp', patch)).toMatchObject({ status: 403 })
  expect(await alice.refused('agentUpdateApp', patch)).toMatchObject({ status: 403 })
  expect(await alice.refused('agentGetApp')).toMatchObject({ status: 403 })
  const settings = { ...defaultSettings, auto_close_days: null, inbox_email: 'help@example.com' }
  expect(await ada.call('agentUpdateApp', patch)).toEqual({ ...expected, settings })
  const named = await app.backend.call('agentUpdateApp', {
    body: { name: 'Renamed', settings: { return_url: 'https://host.example/t/{ticket_id}' } },
  })
  expect(named).toEqual({ ...expected, name: 'Renamed', settings: { ...settings, return_url: 'https://host.example/t/{ticket_id}' } })
  expect(await sam.call('agentGetApp', {})).toEqual(named)
  expect((await alice.call('getMe', {})).app.name).toBe('Renamed')
  expect((await app.backend.call('agentGetMe', {})).app.name).toBe('Renamed')
})

test('APP-2: categories and form fields hold for the next ticket', async () => {
  const { set, config, create, sam } = await setUp()
  const categories = [{ id: 'returns', label: 'Returns', labels: { de: 'Rückgaben' } }]
  const form_fields = [
    { key: 'order', label: 'Order', type: 'text', required: true },
    { key: 'size', label: 'Size', type: 'select', options: ['S', 'M'], required: false },
  ]
  expect((await create({ category: 'billing' })).status).toBe(201)
  expect((await set({ categories, form_fields })).status).toBe(200)
  expect(await config()).toMatchObject({ categories, form_fields })
  expect((await create({ category: 'billing', custom_fields: { order: '7' } })).status).toBe(400)
  expect((await create({ category: 'returns' })).body).toMatchObject({ errors: [{ location: 'body.custom_fields.order', message: 'is required' }] })
  expect((await create({ custom_fields: { order: '7', size: 'XL' } })).status).toBe(400)
  expect((await create({ category: 'returns', custom_fields: { order: '7', size: 'M', other: 1 } })).status).toBe(201)
  const byAgent = { requester: { external_id: 'alice' }, subject: 'x', body: 'x', category: 'anything' }
  expect((await sam.call('agentCreateTicket', { body: byAgent })).category).toBe('anything')
})

test('APP-3: settings that make no sense are refused, naming the fault', async () => {
  const { set } = await setUp()
  const one = { id: 'a', label: 'A' }
  const field = { key: 'k', label: 'K', type: 'text', required: false }
  const day = (stretches: object[]) => ({ time_zone: 'UTC', days: { ...closedWeek, monday: stretches } })
  const bad: [string, object][] = [
    ['categories', { categories: [one, one] }],
    ['form_fields', { form_fields: [field, field] }],
    ['form_fields', { form_fields: [{ ...field, type: 'select' }] }],
    ['form_fields', { form_fields: [{ ...field, options: ['a'] }] }],
    ['office_hours.time_zone', { office_hours: { time_zone: 'Mars/Base', days: closedWeek } }],
    ['office_hours.days.monday.0', { office_hours: day([{ from: '10:00', to: '10:00' }]) }],
    ['office_hours.days.monday.0.to', { office_hours: day([{ from: '10:00', to: '24:00' }]) }],
    ['auto_close_days', { auto_close_days: 0 }],
    ['return_url', { return_url: 'javascript:alert(1)' }],
    ['inbox_email', { inbox_email: 'x' }],
    ['unknown', { unknown: 1 }],
  ]
  for (const [location, settings] of bad) {
    const { status, body } = await set(settings)
    expect([status, (body as { errors: { location: string }[] }).errors.map((fault) => fault.location)]).toEqual([400, [`body.settings.${location}`]])
  }
})

const closedWeek = { monday: [], tuesday: [], wednesday: [], thursday: [], friday: [], saturday: [], sunday: [] }

test('APP-4: the widget is told when somebody answers, by the office’s own clock', async () => {
  const { server, set, config } = await setUp()
  expect(await config()).toMatchObject({ reply_time_text: null, office_open: null })
  const day = [{ from: '00:00', to: '23:59' }]
  const always = Object.fromEntries(Object.keys(closedWeek).map((name) => [name, day]))
  await set({ reply_time_text: 'Within two hours', office_hours: { time_zone: 'Asia/Tokyo', days: always } })
  expect(await config()).toMatchObject({ reply_time_text: 'Within two hours', office_open: true })
  await set({ office_hours: { time_zone: 'Asia/Tokyo', days: closedWeek } })
  expect((await config()).office_open).toBe(false)
  stopClock(server)
  const today = new Intl.DateTimeFormat('en-US', { timeZone: 'Asia/Tokyo', weekday: 'long' }).format(server.clock.now()).toLowerCase()
  await set({ office_hours: { time_zone: 'Asia/Tokyo', days: { ...always, [today]: [] } } })
  expect((await config()).office_open).toBe(false)
})

test('APP-5: changes of different settings at once are all kept', async () => {
  const { sam, set } = await setUp()
  const changes = [{ auto_close_days: 3 }, { reply_time_text: 'Soon' }, { inbox_email: 'help@example.com' }, { return_url: 'https://host.example/' }]
  await Promise.all(changes.map(set))
  expect((await sam.call('agentGetApp', {})).settings).toMatchObject(Object.assign({}, ...changes))
})

test('APP-6: admins set name and origins; what no browser sends as an origin is refused and named', async () => {
  const { server, app, ada, sam, config } = await setUp()
  const patch = (body: object) => ada.send('agentUpdateApp', { body })
  const origins = ['https://one.example', 'http://localhost:3001', 'https://xn--bcher-kva.example:8443']
  expect((await patch({ name: 'Bücher', origins })).body).toMatchObject({ name: 'Bücher', origins })
  expect((await config()).app.name).toBe('Bücher')
  const bad = [
    'null',
    '*',
    '',
    'https://one.example/',
    'https://one.example/path',
    'https://one.example:443',
    'HTTPS://one.example',
    'https://One.example',
    'https://bücher.example',
    'https://*.example',
    'one.example',
    'ftp://one.example',
    'javascript:alert(1)',
    'https://user@one.example',
    'https://one.example?x',
    'https://one.example\0',
  ]
  for (const origin of bad) {
    const { status, body } = await patch({ origins: ['https://fine.example', origin] })
    const [fault] = (body as { errors: { location: string }[] }).errors
    expect([origin, status, fault?.location]).toEqual([origin, 400, 'body.origins.1'])
  }
  expect((await patch({ origins: ['https://one.example', 'https://one.example'] })).status).toBe(400)
  const many = Array.from({ length: limits.originsPerApp + 1 }, (_, at) => `https://a${at}.example`)
  expect([(await patch({ origins: many })).status, (await patch({ origins: many.slice(1) })).status]).toEqual([400, 200])
  expect(await sam.refused('agentUpdateApp', { body: { origins: [] } })).toMatchObject({ status: 403 })
  expect((await sam.call('agentGetApp', {})).origins).toEqual(many.slice(1))
  expect(server.url).not.toBe(app.origin)
})

test('APP-7: a change of origins holds at once in this process; an empty list lets no browser in but our own pages', async () => {
  const { server, app, ada, alice } = await setUp()
  const token = await app.token('alice')
  const from = async (origin: string) =>
    (await request(`${server.url}/v1/support/me`, { headers: { Authorization: `Bearer ${token}`, Origin: origin } })).status
  expect([await from(app.origin), await from('https://new.example')]).toEqual([200, 403])
  await ada.call('agentUpdateApp', { body: { origins: ['https://new.example'] } })
  expect([await from(app.origin), await from('https://new.example')]).toEqual([403, 200])
  await ada.call('agentUpdateApp', { body: { origins: [] } })
  expect([await from(app.origin), await from('https://new.example'), await from(server.url)]).toEqual([403, 403, 200])
  await alice.call('getMe', {})
})

test('APP-8: the widget is told theme, texts, contact and whether visitors may write, and nothing private', async () => {
  const { app, ada, set, config } = await setUp()
  expect(await config()).toMatchObject({ theme: {}, texts: {}, visitors: false, contact_email: null })
  const theme = {
    color: '#a34B21',
    mode: 'dark' as const,
    radius: 0,
    font: 'Georgia, "Times New Roman"',
    position: 'left' as const,
    offset: { x: 0, y: 40 },
  }
  const texts = { en: { title: 'Help' }, 'pt-BR': { title: 'Ajuda', new_ticket: 'Nova conversa' } }
  const settings = {
    theme,
    texts,
    visitors: true,
    contact_email: 'help@example.com',
    inbox_email: 'private@example.com',
  }
  const saved = await ada.call('agentUpdateApp', { body: { settings } })
  expect(saved.settings).toMatchObject(settings)
  const told = await config()
  expect(told).toMatchObject({ theme, texts, visitors: true, contact_email: 'help@example.com' })
  expect(JSON.stringify(told)).not.toContain('private')
  expect(JSON.stringify(told)).not.toContain(app.origin)
  // From here on no role stands in the tokens of the test: the key is still an admin's.
  await set({ theme: { mode: 'auto' }, role_claim: 'private_claim' })
  expect(await ada.refused('agentGetApp')).toMatchObject({ status: 403 })
  expect((await app.backend.call('agentGetApp', {})).settings.role_claim).toBe('private_claim')
  expect(JSON.stringify(await config())).not.toContain('private')
  expect((await config()).theme).toEqual({ mode: 'auto' })
})

test('APP-9: a theme or texts that cannot be are refused and named', async () => {
  const { set } = await setUp()
  const texts = (count: number, size: number) => ({ en: Object.fromEntries(Array.from({ length: count }, (_, at) => [`t${at}`, 'x'.repeat(size)])) })
  const bad: [string, object][] = [
    ['theme.color', { theme: { color: 'red' } }],
    ['theme.color', { theme: { color: '#fff}' } }],
    ['theme.mode', { theme: { mode: 'night' } }],
    ['theme.radius', { theme: { radius: 1.5 } }],
    ['theme.font', { theme: { font: 'x;}body{display:none' } }],
    ['theme.offset.y', { theme: { offset: { x: 1 } } }],
    ['theme.zIndex', { theme: { zIndex: 1 } }],
    ['texts.en_US', { texts: { en_US: {} } }],
    ['texts.en.Title', { texts: { en: { Title: 'x' } } }],
    ['texts.en.title', { texts: { en: { title: 'x'.repeat(501) } } }],
    ['texts', { texts: texts(200, 400) }],
    [
      'texts',
      { texts: Object.fromEntries(Array.from({ length: 41 }, (_, at) => [`a${String.fromCharCode(97 + (at % 26), 97 + Math.floor(at / 26))}`, {}])) },
    ],
    ['visitors', { visitors: 'yes' }],
    ['role_claim', { role_claim: '' }],
    ['contact_email', { contact_email: 'x' }],
  ]
  for (const [location, settings] of bad) {
    const { status, body } = await set(settings)
    expect([settings, status, (body as { errors: { location: string }[] }).errors.map((fault) => fault.location)]).toEqual([
      settings,
      400,
      [`body.settings.${location}`],
    ])
  }
  expect((await set({ texts: texts(100, 400) })).status).toBe(200)
})
