import { Migration } from '@mikro-orm/migrations'

/** The whole ticket: its further fields, attachments, canned replies, search, keys of what is done only once. */
export class Migration0002 extends Migration {
  override up(): void {
    this.addSql(`
      alter table tickets
        add column custom_fields jsonb not null default '{}',
        add column links jsonb not null default '{}',
        add column tags text[] not null default '{}',
        add column context jsonb,
        add column country text,
        add column store_region text,
        add column external_ticket_id text,
        add column preferred_language text,
        add column resolution_notes text,
        add column action_taken text,
        add column waiting_on text check (waiting_on in ('agent', 'customer')),
        add column snoozed_until timestamptz,
        add column first_response_at timestamptz,
        add column csat_score int check (csat_score between 1 and 5),
        add column csat_comment text,
        add column csat_at timestamptz,
        add column follow_up_of uuid,
        add column merged_into uuid,
        add foreign key (app_id, follow_up_of) references tickets (app_id, id),
        add foreign key (app_id, merged_into) references tickets (app_id, id),
        add constraint tickets_external_ticket_id unique (app_id, external_ticket_id)`)
    // What is already there: whose turn it is follows from the last public message, the first answer from the first public one of an agent.
    this.addSql(`
      update tickets t set
        waiting_on = case
          when status in ('resolved', 'closed') then null
          when (select author_type from messages m where m.ticket_id = t.id and m.public_seq = t.public_seq) = 'customer' then 'agent'
          else 'customer' end,
        first_response_at = (
          select min(m.created_at) from messages m where m.ticket_id = t.id and m.author_type = 'agent' and not m.is_internal)`)
    this.addSql(`
      alter table customers
        add column by_agent boolean not null default false,
        add column search text not null default '',
        add column search_grams text[] not null default '{}'`)
    this.addSql('alter table customers add column block_reason text')
    this.addSql('create index customers_listed on customers (app_id, id) where blocked_at is null')
    this.addSql('create index customers_blocked on customers (app_id, id) where blocked_at is not null')
    this.addSql('create index customers_by_email on customers (app_id, lower(email))')
    this.addSql('create index customers_by_phone on customers (app_id, lower(phone))')
    this.addSql(`
      create table ticket_search (
        ticket_id uuid primary key,
        app_id uuid not null,
        search text not null,
        search_grams text[] not null,
        foreign key (app_id, ticket_id) references tickets (app_id, id) on delete cascade
      )`)
    // Rows stay small: the grams are read from the index alone. Without statistics of them the planner takes every search for a rare one and asks the index, which is
    // right: reading all grams of all rows is never faster.
    for (const table of ['ticket_search', 'customers']) {
      this.addSql(`alter table ${table} set (toast_tuple_target = 128), alter search set storage main, alter search_grams set statistics 0`)
      this.addSql(`create index ${table === 'customers' ? 'customers_search' : 'ticket_search_grams'} on ${table} using gin (search_grams)`)
    }
    this.addSql(`
      alter table messages
        add column redacted_at timestamptz,
        add column merged_from uuid,
        add column copy_of uuid,
        add foreign key (app_id, merged_from) references tickets (app_id, id),
        add foreign key (app_id, copy_of) references messages (app_id, id)`)
    this.addSql('create index messages_by_customer on messages (customer_id) where customer_id is not null')
    this.addSql('create index messages_copies on messages (copy_of) where copy_of is not null')
    // An event's id is made behind its ticket's lock, its time before it: only the ids are in the order of what happened.
    this.addSql('drop index events_by_ticket')
    this.addSql('create index events_by_ticket on events (ticket_id, id)')
    this.addSql("create index tickets_resolved on tickets (resolved_at, id) where status = 'resolved'")
    this.addSql('create index tickets_by_tag on tickets using gin (tags)')
    // Every list, filter, order and count of agents is answered by this index alone, without a look at the table.
    this.addSql('drop index tickets_by_app')
    this.addSql(`
      create index tickets_by_app on tickets (app_id, updated_at desc, id desc) include (
        created_at, number, status, priority, category, type, channel, country, store_region, customer_id, assignee_id, waiting_on, snoozed_until,
        first_response_at, resolved_at, closed_at, csat_score)`)
    this.addSql('create index tickets_snoozed on tickets (snoozed_until, id) where snoozed_until is not null')
    this.addSql(`
      create table attachments (
        id uuid primary key,
        app_id uuid not null references apps (id),
        customer_id uuid,
        agent_id uuid,
        message_id uuid,
        position int,
        filename text not null,
        content_type text not null,
        size bigint not null,
        width int,
        height int,
        sha256 text not null,
        storage_key text not null unique,
        created_at timestamptz not null,
        unique (app_id, id),
        foreign key (app_id, customer_id) references customers (app_id, id),
        foreign key (app_id, agent_id) references agents (app_id, id),
        foreign key (app_id, message_id) references messages (app_id, id)
      )`)
    this.addSql('create index attachments_by_message on attachments (message_id, position)')
    this.addSql('create index attachments_by_customer on attachments (customer_id) where customer_id is not null')
    this.addSql('create index attachments_unused on attachments (created_at) where message_id is null')
    this.addSql('create index attachments_unused_of on attachments (app_id, customer_id, agent_id) where message_id is null')
    // Files that no row needs: those still on their way, and those whose row is gone.
    this.addSql('create table stray_files (storage_key text primary key, due_at timestamptz not null)')
    this.addSql('create index stray_files_due on stray_files (due_at)')
    this.addSql(`
      create table canned_replies (
        id uuid primary key,
        app_id uuid not null references apps (id),
        name text not null,
        body text not null,
        search text not null,
        search_grams text[] not null,
        created_at timestamptz not null,
        updated_at timestamptz not null,
        unique (app_id, id),
        constraint canned_replies_name unique (app_id, name)
      )`)
    this.addSql(`
      create table idempotency_keys (
        app_id uuid not null references apps (id),
        principal text not null,
        operation text not null,
        key text not null,
        input_hash text not null,
        status int not null,
        answer text not null,
        created_at timestamptz not null,
        primary key (app_id, principal, operation, key)
      )`)
    this.addSql('create index idempotency_keys_by_age on idempotency_keys (created_at)')
    // The defaults were for the rows that were there; from now on every row says what it is.
    this.addSql('alter table customers alter by_agent drop default, alter search drop default, alter search_grams drop default')
    this.addSql('alter table tickets alter custom_fields drop default, alter links drop default, alter tags drop default')
  }
}
