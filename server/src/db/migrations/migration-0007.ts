import { Migration } from '@mikro-orm/migrations'

/** Webhooks: where they go, what is to be delivered, and each attempt. */
export class Migration0007 extends Migration {
  override up(): void {
    // A deleted one is a row without a secret until its deliveries are gone.
    this.addSql(`
      create table webhook_endpoints (
        id uuid primary key,
        app_id uuid not null references apps (id),
        url text not null,
        types text[],
        description text not null,
        flavour text not null check (flavour in ('native', 'pgi')),
        enabled boolean not null,
        disabled_reason text check (disabled_reason in ('manual', 'gone')),
        secret text not null,
        previous_secret text,
        previous_until timestamptz,
        created_at timestamptz not null,
        updated_at timestamptz not null,
        deleted_at timestamptz,
        unique (app_id, id)
      )`)
    this.addSql('create index webhook_endpoints_by_app on webhook_endpoints (app_id, id) where deleted_at is null')
    this.addSql('create index webhook_endpoints_deleted on webhook_endpoints (deleted_at) where deleted_at is not null')
    // The body is what is sent, but for the links of attachments, which are made when it is sent.
    this.addSql(`
      create table webhook_deliveries (
        id uuid primary key,
        app_id uuid not null,
        endpoint_id uuid not null,
        ticket_id uuid not null,
        message_id uuid,
        event_id text not null,
        type text not null,
        body jsonb not null,
        state text not null check (state in ('pending', 'delivered', 'exhausted', 'failed', 'cancelled')),
        attempts int not null,
        tries int not null,
        due_at timestamptz not null,
        taken_until timestamptz,
        created_at timestamptz not null,
        ended_at timestamptz,
        unique (app_id, id),
        foreign key (app_id, endpoint_id) references webhook_endpoints (app_id, id),
        foreign key (app_id, ticket_id) references tickets (app_id, id) on delete cascade,
        foreign key (app_id, message_id) references messages (app_id, id) on delete cascade
      )`)
    this.addSql("create index webhook_deliveries_due on webhook_deliveries (due_at, id) where state = 'pending'")
    this.addSql('create index webhook_deliveries_by_endpoint on webhook_deliveries (app_id, endpoint_id, id)')
    this.addSql('create index webhook_deliveries_by_ticket on webhook_deliveries (app_id, ticket_id)')
    this.addSql('create index webhook_deliveries_by_message on webhook_deliveries (app_id, message_id) where message_id is not null')
    this.addSql('create index webhook_deliveries_by_age on webhook_deliveries (ended_at) where ended_at is not null')
    this.addSql(`
      create table webhook_attempts (
        delivery_id uuid not null,
        number int not null,
        app_id uuid not null,
        at timestamptz not null,
        duration_ms int not null,
        status int,
        error text,
        primary key (delivery_id, number),
        foreign key (app_id, delivery_id) references webhook_deliveries (app_id, id) on delete cascade
      )`)
    this.addSql('create index webhook_attempts_by_age on webhook_attempts (at)')
  }
}
