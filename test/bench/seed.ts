import type { AppRef } from '@support-widget/server/auth/principal.ts'
import { searchColumns } from '@support-widget/server/db/search.ts'
import type { Client } from 'pg'

/** A filled database: most tickets in one app, the rest in many small ones, as an installation looks after a year. */
export interface Filled {
  tickets: number
  /** Share of the first app. */
  share: number
  apps: AppRef[]
}

const words =
  'account address agent answer balance bank billing button card cancel change charge check code contract coupon customer damage date delivery device discount download email error export file form help invoice item language late letter limit link login lost mail message mobile money name number offer open order package page paid password payment phone photo policy postal price print problem product profile question receipt refund register renew report request return search send service session settings shipping shop sign size slow status store subscription support tax team ticket time token transfer update upload user version video voucher waiting warranty week window wrong'

/** Everything is made by the database itself and the same every time. */
const statements = [
  `create function pg_temp.pick(variadic choices text[]) returns text language sql volatile as $$ select choices[1 + floor(random() * array_length(choices, 1))::int] $$`,
  `create function pg_temp.sentence(length int) returns text language sql volatile as $$
    select string_agg(('{${words.split(' ').join()}}'::text[])[1 + floor(random() * ${words.split(' ').length})::int], ' ') from generate_series(1, length) $$`,
  `create temp table shop as select ordinality::int as n, id::uuid, case when ordinality = 1 then current_setting('bench.tickets')::int / 5 else 50 end as people from unnest(string_to_array(current_setting('bench.apps'), ',')) with ordinality as t (id, ordinality)`,
  `insert into agents (id, app_id, external_id, name, role, created_at, updated_at)
    select gen_random_uuid(), id, 'agent-' || g, 'Agent ' || g, 'agent', now(), now() from shop, generate_series(1, 20) as g`,
  `insert into customers (id, app_id, external_id, name, email, email_verified, phone, by_agent, search, search_grams, created_at, updated_at, blocked_at)
    select gen_random_uuid(), shop.id, 'bench-' || g, initcap(pg_temp.pick('anna', 'ben', 'carla', 'dimitri', 'elif', 'farid', 'grace', 'hana')) || ' ' || initcap(pg_temp.sentence(1)),
      'user' || g || '@' || pg_temp.pick('mail', 'post', 'web') || '.example', random() < 0.5, '+49 30 ' || lpad(g::text, 7, '0'), false, '', '{}', now(), now(),
      case when random() < 0.002 then now() end
    from shop, lateral generate_series(1, people) as g`,
  `create temp table person as select id, app_id, row_number() over (partition by app_id order by external_id) as n from customers`,
  `create index on person (app_id, n)`,
  `create temp table worker as select id, app_id, row_number() over (partition by app_id order by external_id) as n from agents`,
  `create temp table plan as
    select g, md5('ticket ' || g)::uuid as id, case when random() < current_setting('bench.share')::float8 then 1 else 2 + floor(random() * (select count(*) - 1 from shop))::int end as shop,
      now() - make_interval(secs => random() * 31536000) as created_at, random() as chance, pg_temp.pick('open', 'in_progress', 'resolved', 'closed', 'closed', 'closed') as status
    from generate_series(1, current_setting('bench.tickets')::int) as g`,
  `insert into tickets (id, app_id, customer_id, number, subject, status, priority, category, type, channel, assignee_id, version, seq, public_seq, customer_read_seq, agent_read_seq,
      created_at, updated_at, public_updated_at, resolved_at, closed_at, custom_fields, links, tags, context, country, store_region, waiting_on, snoozed_until, first_response_at, csat_score)
    select plan.id, shop.id, person.id, 'TKT-2026-' || lpad(row_number() over (partition by shop.id order by plan.created_at)::text, 5, '0'), pg_temp.sentence(5), status,
      pg_temp.pick('low', 'normal', 'normal', 'normal', 'high', 'urgent'), pg_temp.pick('billing', 'technical', 'account', 'other'), pg_temp.pick('support', 'support', 'bug'),
      pg_temp.pick('widget', 'widget', 'widget', 'api', 'email', 'phone'), case when chance < 0.7 then worker.id end, 1, 3, 3, 3, 3, plan.created_at, later.at, later.at,
      case when status in ('resolved', 'closed') then later.at end, case when status = 'closed' then later.at end, '{"plan": "gold", "seats": 3}', '{"order": "A-1000"}',
      case when chance < 0.5 then array['imported', 'vip'] when chance < 0.51 then array['legal'] else '{}'::text[] end,
      '{"url": "https://shop.example/orders/1000", "browser": "Firefox 140 on Linux", "screen": [1920, 1080]}', pg_temp.pick('DE', 'FR', 'TR', 'JP'), pg_temp.pick('north', 'south'),
      case when status in ('open', 'in_progress') then pg_temp.pick('agent', 'customer') end, case when chance < 0.01 then now() + interval '1 day' end,
      plan.created_at + make_interval(secs => chance * 90000), case when chance < 0.2 then 1 + floor(chance * 25)::int end
    from plan join shop on shop.n = plan.shop join lateral (select plan.created_at + make_interval(secs => plan.chance * 864000) as at) as later on true
      join person on person.app_id = shop.id and person.n = 1 + plan.g % shop.people join worker on worker.app_id = shop.id and worker.n = 1 + plan.g % 20`,
  `insert into messages (id, app_id, ticket_id, seq, public_seq, author_type, customer_id, agent_id, body, is_internal, created_at)
    select gen_random_uuid(), t.app_id, t.id, n, n, case when n = 2 then 'agent' else 'customer' end, case when n = 2 then null else t.customer_id end, null, pg_temp.sentence(25), false, t.created_at
    from tickets t, generate_series(1, 3) as n where t.subject is not null`,
  `insert into events (id, app_id, ticket_id, type, cause_type, cause_id, data, created_at)
    select gen_random_uuid(), t.app_id, t.id, kind, 'customer', t.customer_id, jsonb_build_object('type', kind, 'message_id', t.id), t.created_at
    from tickets t, unnest(array['ticket_created', 'message_created', 'message_created', 'ticket_read']) as kind`,
  `insert into attachments (id, app_id, message_id, position, filename, content_type, size, sha256, storage_key, created_at)
    select gen_random_uuid(), app_id, id, 0, 'photo.png', 'image/png', 1000, '', id::text, created_at from messages where seq = 1 and random() < 0.1`,
  // Switched off, and due tomorrow, so that no worker of the server takes anything of it.
  `insert into webhook_endpoints (id, app_id, url, description, flavour, enabled, disabled_reason, secret, created_at, updated_at)
    select gen_random_uuid(), id, 'https://receiver.example/', '', 'native', false, 'manual', '', now(), now() from shop`,
  `insert into webhook_deliveries (id, app_id, endpoint_id, ticket_id, message_id, event_id, type, body, state, attempts, tries, due_at, created_at, ended_at)
    select gen_random_uuid(), m.app_id, e.id, m.ticket_id, m.id, m.id::text, 'support.message_sent', '{"data": {"message": {"body": "text"}}}', state, 1, 1,
      case when state = 'pending' then now() + interval '12 hours' else m.created_at end, m.created_at, case when state <> 'pending' then m.created_at end
    from (select *, case when random() < 0.98 then 'delivered' else pg_temp.pick('pending', 'exhausted') end as state from messages where seq <= 2) as m
      join webhook_endpoints e on e.app_id = m.app_id`,
  `insert into webhook_attempts (delivery_id, number, app_id, at, duration_ms, status) select id, 1, app_id, created_at, 20, 200 from webhook_deliveries`,
  `insert into mails (id, app_id, ticket_id, kind, state, due_at, attempts, upto_seq, created_at, ended_at)
    select gen_random_uuid(), app_id, id, kind, state, case when state = 'queued' then now() + interval '12 hours' else created_at end, 1, 2, created_at,
      case when state <> 'queued' then created_at end
    from (select t.*, kind, case when random() < 0.97 then 'sent' else pg_temp.pick('queued', 'failed') end as state
      from (select app_id, id, created_at from tickets) as t, unnest(array['new_ticket', 'customer_unread']) as kind) as mail`,
]

/** Fills the database, and leaves it as a night's maintenance does. */
export async function fill(db: Client, { tickets, share, apps }: Filled): Promise<void> {
  const settings = { 'bench.tickets': tickets, 'bench.share': share, 'bench.apps': apps.map((app) => app.id).join() }
  for (const [name, value] of Object.entries(settings)) await db.query('select set_config($1, $2, false)', [name, String(value)])
  await db.query('select setseed(0.5)')
  await db.query('drop index ticket_search_grams, customers_search')
  for (const statement of statements) await db.query(statement)
  await index(
    db,
    `select t.id, t.app_id, array[t.number, t.subject, m.body] as values from tickets t join messages m on m.ticket_id = t.id and m.seq = 1
      where t.id > $1 order by t.id limit 1000`,
    'insert into ticket_search (ticket_id, app_id, search, search_grams) select id, app_id, search, search_grams from',
  )
  await index(
    db,
    'select id, app_id, array[name, email, phone] as values from customers where id > $1 order by id limit 1000',
    'update customers set search = made.search, search_grams = made.search_grams from',
    'where customers.id = made.id',
  )
  await db.query('create index ticket_search_grams on ticket_search using gin (search_grams)')
  await db.query('create index customers_search on customers using gin (search_grams)')
  await db.query('vacuum analyze')
}

interface Row {
  id: string
  app_id: string
  values: string[]
}

/** Writes what rows are found by, as the server would. */
async function index(db: Client, select: string, write: string, where = ''): Promise<void> {
  for (let last: string | undefined = '00000000-0000-0000-0000-000000000000'; last !== undefined; ) {
    const { rows }: { rows: Row[] } = await db.query<Row>(select, [last])
    const made = rows.map(({ id, app_id, values }) => ({ id, app_id, ...searchColumns(app_id, values) }))
    const columns = 'id uuid, app_id uuid, search text, search_grams text[]'
    await db.query(`${write} jsonb_to_recordset($1::jsonb) as made (${columns}) ${where}`, [JSON.stringify(made)])
    last = rows.at(-1)?.id
  }
}
