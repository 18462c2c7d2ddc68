import { randomUUID } from 'node:crypto'
import { openOrm } from '@support-widget/server/db/orm.ts'
import { finds, searchColumns } from '@support-widget/server/db/search.ts'
import fc from 'fast-check'
import { CompiledQuery, sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { record } from '../bench/record.ts'
import { keepsFree } from '../support/busy.ts'
import { newApp, newTicket } from '../support/factories.ts'
import { sharedServer, startServer } from '../support/server.ts'

async function setUp() {
  const server = await sharedServer()
  const app = await newApp(server)
  const agent = await app.agent('sam')
  const found = async (search: string) => {
    const { data } = await agent.call('agentListTickets', { query: { search, sort: 'created_at', order: 'asc' } })
    return data.map((ticket) => ticket.subject)
  }
  return { server, core: server.app.core, app, agent, found }
}

describe('FIND-1: a ticket is found by any part of what it is found by', () => {
  test('number, subject, first message; name, e-mail and phone of its customer', async () => {
    const { agent, app, found } = await setUp()
    const requester = { name: 'Jörg Müller', email: 'Joerg.Mueller@Example.com', phone: '+49 (30) 901820' }
    const { number } = await agent.call('agentCreateTicket', { body: { requester, subject: 'Kaputte Lampe', body: 'Sie ging\n\naus.' } })
    await newTicket(await app.customer('other'), { subject: 'Something else', body: 'Entirely.' })
    for (const part of [
      number,
      number.slice(4),
      number.toLowerCase(),
      'kaputte',
      'e L',
      'AMP',
      'ging aus.',
      'jörg',
      'G MÜL',
      'mueller@example',
      '901820',
      '(30)',
      'k',
      '.',
    ])
      expect(await found(part), part).toContain('Kaputte Lampe')
    for (const part of ['Lampe Sie', 'x Lampe', 'kaputt lampe', 'Müller Joerg']) expect(await found(part), part).toEqual([])
  })

  test('a new subject, a new name and a new address at once, and the old ones no more', async () => {
    const { server, agent, app, found } = await setUp()
    const { id } = await newTicket(await app.customer('alice'), { subject: 'Before' })
    await agent.call('agentUpdateTicket', { params: { id }, body: { subject: 'Afterwards' } })
    expect([await found('before'), await found('afterwards')]).toEqual([[], ['Afterwards']])
    const token = await app.token('alice', { claims: { name: 'Zoë Zimmermann', email: 'zoe@example.net' } })
    await (await fetch(`${server.url}/v1/support/me`, { headers: { Authorization: `Bearer ${token}` } })).text()
    expect([await found('zimmerm'), await found('ZOE@'), await found('alice of')]).toEqual([['Afterwards'], ['Afterwards'], []])
  })

  test('not by later messages, by notes or by what agents alone keep about it', async () => {
    const { agent, app, found } = await setUp()
    const { id } = await newTicket(await app.customer('alice'), { subject: 'Question' })
    await agent.call('agentSendMessage', { params: { id }, body: { body: 'platypus' } })
    await agent.call('agentSendMessage', { params: { id }, body: { body: 'platypus', is_internal: true } })
    await agent.call('agentUpdateTicket', { params: { id }, body: { resolution_notes: 'platypus' } })
    expect(await found('platypus')).toEqual([])
  })

  test('not by a first message that was redacted', async () => {
    const { agent, app, found } = await setUp()
    const { id, messages } = await newTicket(await app.customer('alice'), { subject: 'Card', body: 'It is 4111 1111.' })
    expect(await found('4111')).toEqual(['Card'])
    await agent.call('agentRedactMessage', { params: { id, message_id: messages[0]?.id ?? '' } })
    expect([await found('4111'), await found('card')]).toEqual([[], ['Card']])
  })

  test('the whole of the longest first message', async () => {
    const { app, found } = await setUp()
    await newTicket(await app.customer('alice'), { subject: 'Long', body: `${'lorem ipsum '.repeat(830)}needle at the end` })
    expect(await found('m needle at the end')).toEqual(['Long'])
  })
})

describe('FIND-2: in any case and any script, whatever the locale of the database', () => {
  test.each([
    ['İSTANBUL', ['istanbul', 'İstanbul', 'ISTANBUL', 'ıstanbul', 'stan']],
    ['ılık su', ['ILIK', 'ilik', 'ılık', 'ILIK SU']],
    ['Große Straße', ['GROSSE STRASSE', 'grosse', 'straße', 'STRAẞE', 'ss']],
    ['eﬃcient oﬀer', ['EFFICIENT', 'offer', 'ffi', 'ﬃ']],
    ['ΟΔΟΣ ΣΟΦΟΣ', ['οδος', 'οδοσ', 'Οδός'.normalize('NFD').replace(/\u0301/g, ''), 'σοφο']],
    ['Привет, Ёлка', ['ПРИВЕТ', 'привет', 'ёлка', 'вет, ё']],
    ['こんにちは、ﾊﾟｿｺﾝ', ['こん', 'パソコン', 'ﾊﾟｿｺﾝ', 'は']],
    ['我的订单没有收到', ['订单', '没有收', '我']],
    ['한국어 문의', ['한국', '국어 문', '한국어'.normalize('NFD')]],
    ['لم أستلم الطلب', ['الطلب', 'أستلم', 'ل']],
    ['שלום עולם', ['שלום', 'ם ע']],
    ['ราคาเท่าไร', ['ราคา', 'เท่า']],
    ['हिन्दी में सवाल', ['हिन्दी', 'सवाल']],
    ['Café crème', ['CAFÉ', 'cafe\u0301', 'crème']],
    ['ｆｕｌｌ　ｗｉｄｔｈ １２３', ['full width', 'FULL WIDTH 123', '１２']],
    ['Family 👨‍👩‍👧 and ❤️', ['👨‍👩‍👧', '👩', '❤', '❤️ ', 'and ❤']],
    ['zero\u200bwidth soft\u00adhyphen', ['zerowidth', 'softhyphen']],
    ['100% off_now \\ "quoted" {a,b}', ['100%', '% off', 'off_now', '\\', '"quoted"', '{a,b}']],
  ])('%s', async (subject, queries) => {
    const { app, found } = await setUp()
    const { subject: stored } = await newTicket(await app.customer('x'), { subject, body: '-' })
    await newTicket(await app.customer('x'), { subject: '0', body: '0' })
    for (const query of queries) expect(await found(query), query).toEqual([stored])
  })

  const stored = (text: string) => text.replaceAll('\0', '').normalize('NFC').trim()
  const textOf = (unit: fc.Arbitrary<string>) => fc.array(unit, { minLength: 1, maxLength: 40 }).map((parts) => stored(parts.join('')))

  /** Holds what is found of `text` against what must be found. */
  async function findsAll(text: string, queries: string[]): Promise<void> {
    const { core, app } = await one()
    const { search, search_grams } = searchColumns(app.app.id, [text, 'other'])
    for (const query of queries.map(stored)) {
      const row = sql`(select ${search}::text as search, ${search_grams}::text[] as search_grams) as made`
      const { rows } = await sql<{ found: boolean }>`select ${finds('made', app.app.id, query)} as found from ${row}`.execute(core.orm.db())
      expect(rows, JSON.stringify([text, query])).toEqual([{ found: true }])
    }
  }
  let world: ReturnType<typeof setUp> | undefined
  const one = () => {
    world ??= setUp()
    return world
  }

  test('every part of every text that was stored is found', async () => {
    const odd = fc.constantFrom(
      'İ',
      'ß',
      'ﬃ',
      'Σ',
      'ｶ',
      'ﾞ',
      'ㄱ',
      'ㅏ',
      '한',
      'é',
      '\u0301',
      '\u0345',
      'ΐ',
      'ŉ',
      '¨',
      '½',
      'ﷺ',
      '👨‍👩‍👧',
      '\u200d',
      ' ',
      '\n',
      '%',
      '_',
      '\\',
      '漢',
    )
    const any = fc.oneof(odd, fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }), fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }))
    const property = fc.asyncProperty(textOf(any), fc.nat(), fc.integer({ min: 1, max: 12 }), async (text, from, length) => {
      const chars = [...text]
      const start = from % Math.max(1, chars.length)
      await findsAll(text, [chars.slice(start, start + length).join('')])
    })
    await fc.assert(property, { numRuns: 300 })
  })

  test('and every part of every word in the other case', async () => {
    const letters = [...'aZäÖßẞéÑşĞıIİiłŻçőæŒÞðΑσςΣωΏжЩёЙїўґ한あア漢عשठกԱՖაꭰﬁ1-. ']
    const property = fc.asyncProperty(textOf(fc.constantFrom(...letters)), fc.nat(), fc.integer({ min: 1, max: 12 }), async (text, from, length) => {
      const chars = [...text]
      const start = from % Math.max(1, chars.length)
      const part = chars.slice(start, start + length).join('')
      await findsAll(text, [part.toUpperCase(), part.toLowerCase(), part.toLocaleUpperCase('tr'), part.toLocaleLowerCase('tr')])
    })
    await fc.assert(property, { numRuns: 200 })
  })

  test('and what is not there is not', async () => {
    const { core, app } = await setUp()
    const db = core.orm.db()
    const ascii = fc.string({ unit: fc.constantFrom('a', 'b', 'A', '%', '_', ' '), minLength: 1, maxLength: 12 })
    const property = fc.asyncProperty(ascii, ascii, async (text, query) => {
      const fold = (one: string) => one.toLowerCase().replace(/ +/g, ' ').trim()
      const { search, search_grams } = searchColumns(app.app.id, [text])
      const row = sql`(select ${search}::text as search, ${search_grams}::text[] as search_grams) as made`
      const { rows } = await sql<{ found: boolean }>`select ${finds('made', app.app.id, query)} as found from ${row}`.execute(db)
      expect(rows[0]?.found).toBe(fold(text).includes(fold(query)))
    })
    await fc.assert(property, { numRuns: 200 })
  })
})

describe('FIND-3: what was there before search is found too', () => {
  test('tickets and customers of several batches', async () => {
    const orm = await openOrm({ url: null, folder: null, poolSize: 1 })
    try {
      await orm.migrate()
      const db = orm.db()
      const [app, customer] = [randomUUID(), randomUUID()]
      const now = new Date()
      await db
        .insertInto('apps')
        .values({ id: app, public_id: 'old', name: 'Old', origins: [], settings: {}, created_at: now, disabled_at: null })
        .execute()
      await sql`insert into customers (id, app_id, name, email, email_verified, by_agent, search, search_grams, created_at, updated_at)
        values (${customer}, ${app}, 'Älteste Kundin', 'OLD@example.com', false, false, '', '{}', ${now}, ${now})`.execute(db)
      await sql`insert into tickets (id, app_id, customer_id, number, subject, status, priority, type, channel, version, seq, public_seq, customer_read_seq, agent_read_seq,
          created_at, updated_at, public_updated_at, custom_fields, links, tags)
        select md5(n::text)::uuid, ${app}, ${customer}, 'TKT-2025-' || lpad(n::text, 5, '0'), 'Große Frage ' || n, 'open', 'normal', 'support', 'api', 1, 1, 1, 0, 0,
          ${now}, ${now}, ${now}, '{}', '{}', '{}' from generate_series(1, 1234) as n`.execute(db)
      await sql`insert into messages (id, app_id, ticket_id, seq, public_seq, author_type, customer_id, body, is_internal, created_at)
        select gen_random_uuid(), app_id, id, 1, 1, 'customer', customer_id, 'Nachricht ' || number, false, created_at from tickets where number <> 'TKT-2025-00001'`.execute(
        db,
      )
      await db.deleteFrom('ticket_search').execute()
      await sql`delete from migrations where name = 'migration-0004'`.execute(db)
      await orm.migrate()
      const texts = await db
        .selectFrom('ticket_search as s')
        .select('s.ticket_id')
        .where(finds('s', app, 'GROSSE FRAGE'))
        .execute()
      const bodies = await db
        .selectFrom('ticket_search as s')
        .select('s.ticket_id')
        .where(finds('s', app, 'nachricht tkt-2025-'))
        .execute()
      const people = await db
        .selectFrom('customers as c')
        .select('c.id')
        .where(finds('c', app, 'äLTESTE'))
        .where(finds('c', app, 'old@'))
        .execute()
      expect([texts.length, bodies.length, people.length]).toEqual([1234, 1233, 1])
    } finally {
      await orm.close()
    }
  })
})

test('FIND-4: the longest texts and queries keep the process busy for a moment at most', async () => {
  const letters = Array.from({ length: 10_000 }, (_, n) => String.fromCodePoint(0x4e00 + ((n * 7919) % 20_000))).join('')
  const marks = '\u0315'.repeat(5_000) + '\u0300'.repeat(5_000)
  // Between marks that are ignored, too many of them for NFKC to sort.
  const hidden = '\u0315\u200b'.repeat(2_500) + '\u0300\u200b'.repeat(2_500)
  for (const text of [letters, 'ﷺ'.repeat(10_000), 'aé'.repeat(5_000), marks, hidden, '😀'.repeat(10_000)]) {
    await keepsFree(1_000, () => expect(searchColumns(randomUUID(), [text]).search).not.toBe(''), text.slice(0, 4))
  }
})

interface Plan {
  Alias?: string
  'Relation Name'?: string
  'Actual Loops': number
  Plans?: Plan[]
}

const nodesOf = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)]

test('FIND-5: what is searched is read once, also while the database knows nothing of its tables', async () => {
  const server = await startServer()
  try {
    const app = await newApp(server)
    for (let n = 0; n < 8; n++) await newTicket(await app.customer(`c${n}`), { subject: `Lamp ${n}` })
    const agent = await app.agent('sam')
    const { orm } = server.app.core
    const db = orm.db()
    const queries = record(orm)
    for (const search of ['lamp', 'TKT-20', 'nothing', 'la']) await agent.call('agentListTickets', { query: { search } })
    // Parts of a statement are recorded too.
    const searches = queries.filter(({ text }) => text.includes('search_grams" @>') && text.includes('customer_unread'))
    expect(searches).toHaveLength(4)
    for (const { text, values } of searches) {
      const { rows } = await db.executeQuery<{ 'QUERY PLAN': { Plan: Plan }[] }>(
        CompiledQuery.raw(`explain (analyze, format json) ${text}`, [...values]),
      )
      const read = rows[0]?.['QUERY PLAN'].flatMap(({ Plan }) => nodesOf(Plan)).filter(({ Alias }) => Alias === 's' || Alias === 'f') ?? []
      expect(new Set(read.map((node) => node['Relation Name']))).toEqual(new Set(['ticket_search', 'customers']))
      for (const node of read) expect(node['Actual Loops'], text).toBeLessThanOrEqual(1)
    }
  } finally {
    await server.app.close()
  }
})
