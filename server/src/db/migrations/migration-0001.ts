import { Migration } from '@mikro-orm/migrations'

/**
 * Apps, people, tickets, messages, events. The tenant wall's second half stands here: every reference between rows of an app is a composite
 * key with `app_id`, so that no row can point into another app.
 */
export class Migration0001 extends Migration {
  override up(): void {
    this.addSql(`
      create table apps (
        id uuid primary key,
        public_id text not null unique,
        name text not null,
        origins text[] not null,
        settings jsonb not null,
        created_at timestamptz not null,
        disabled_at timestamptz
      )`)
    this.addSql(`
      create table signing_keys (
        kid text primary key,
        app_id uuid not null references apps (id),
        algorithm text not null check (algorithm in ('HS256')),
        secret text not null,
        created_at timestamptz not null,
        revoked_at timestamptz
      )`)
    this.addSql(`
      create table customers (
        id uuid primary key,
        app_id uuid not null references apps (id),
        external_id text,
        name text,
        first_name text,
        last_name text,
        email text,
        email_verified boolean not null,
        phone text,
        locale text,
        created_at timestamptz not null,
        updated_at timestamptz not null,
        blocked_at timestamptz,
        unique (app_id, id),
        unique (app_id, external_id)
      )`)
    this.addSql(`
      create table agents (
        id uuid primary key,
        app_id uuid not null references apps (id),
        external_id text not null,
        name text,
        email text,
        role text not null check (role in ('agent', 'admin')),
        created_at timestamptz not null,
        updated_at timestamptz not null,
        removed_at timestamptz,
        unique (app_id, id),
        unique (app_id, external_id)
      )`)
    this.addSql(`
      create table api_keys (
        id uuid primary key,
        app_id uuid not null references apps (id),
        kind text not null check (kind in ('admin', 'partner')),
        name text not null,
        hash text not null unique,
        customer_id uuid,
        links jsonb,
        created_at timestamptz not null,
        revoked_at timestamptz,
        foreign key (app_id, customer_id) references customers (app_id, id),
        check ((kind = 'partner') = (customer_id is not null))
      )`)
    this.addSql(`
      create table ticket_counters (
        app_id uuid not null references apps (id),
        year int not null,
        last int not null,
        primary key (app_id, year)
      )`)
    this.addSql(`
      create table tickets (
        id uuid primary key,
        app_id uuid not null,
        customer_id uuid not null,
        number text not null,
        client_id text,
        subject text not null,
        status text not null check (status in ('open', 'in_progress', 'resolved', 'closed')),
        priority text not null check (priority in ('low', 'normal', 'high', 'urgent')),
        category text,
        type text not null,
        channel text not null,
        assignee_id uuid,
        version int not null,
        seq int not null,
        public_seq int not null check (public_seq <= seq),
        customer_read_seq int not null,
        agent_read_seq int not null,
        created_at timestamptz not null,
        updated_at timestamptz not null,
        public_updated_at timestamptz not null,
        resolved_at timestamptz,
        closed_at timestamptz,
        foreign key (app_id, customer_id) references customers (app_id, id),
        foreign key (app_id, assignee_id) references agents (app_id, id),
        unique (app_id, id),
        unique (app_id, number),
        constraint tickets_client_id unique (customer_id, client_id)
      )`)
    this.addSql(`create index tickets_by_customer on tickets (customer_id, public_updated_at desc, id desc)`)
    this.addSql(`create index tickets_by_app on tickets (app_id, updated_at desc, id desc)`)
    this.addSql(`create index tickets_by_status on tickets (app_id, status, updated_at desc, id desc)`)
    this.addSql(`create index tickets_by_assignee on tickets (app_id, assignee_id, updated_at desc)`)
    this.addSql(`
      create table messages (
        id uuid primary key,
        app_id uuid not null,
        ticket_id uuid not null,
        seq int not null,
        public_seq int,
        client_id text,
        author_type text not null check (author_type in ('customer', 'agent', 'system')),
        customer_id uuid,
        agent_id uuid,
        body text not null,
        is_internal boolean not null,
        created_at timestamptz not null,
        foreign key (app_id, ticket_id) references tickets (app_id, id),
        foreign key (app_id, customer_id) references customers (app_id, id),
        foreign key (app_id, agent_id) references agents (app_id, id),
        unique (app_id, id),
        unique (ticket_id, seq),
        unique (ticket_id, public_seq),
        check (is_internal = (public_seq is null)),
        check ((author_type = 'customer') = (customer_id is not null)),
        check (author_type = 'agent' or agent_id is null)
      )`)
    // A sender is one side and, on the agents' side, one agent or the app's own keys: nobody's client_id can meet another sender's message.
    this.addSql(`
      create unique index messages_client_id on messages (ticket_id, author_type, agent_id, client_id)
        nulls not distinct where client_id is not null`)
    this.addSql(`
      create table events (
        id uuid primary key,
        app_id uuid not null,
        ticket_id uuid not null,
        type text not null,
        cause_type text not null,
        cause_id uuid,
        data jsonb not null,
        created_at timestamptz not null,
        foreign key (app_id, ticket_id) references tickets (app_id, id)
      )`)
    this.addSql(`create index events_by_ticket on events (ticket_id, created_at, id)`)
  }
}
