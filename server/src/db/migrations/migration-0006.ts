import { Migration } from '@mikro-orm/migrations'

/** The audit log, names and use of keys, customers on their way out, codes that open the desk. */
export class Migration0006 extends Migration {
  override up(): void {
    this.addSql(`
      create table audit_log (
        id uuid primary key,
        app_id uuid not null references apps (id),
        actor_type text not null check (actor_type in ('customer', 'agent', 'key', 'system', 'operator')),
        actor_id uuid,
        action text not null,
        object_type text not null,
        object_id text,
        data jsonb not null,
        created_at timestamptz not null
      )`)
    this.addSql('create index audit_log_by_app on audit_log (app_id, id)')
    this.addSql('create index audit_log_by_object on audit_log (app_id, object_id, id)')
    this.addSql('alter table api_keys add column last_used_at timestamptz')
    this.addSql("alter table signing_keys add column name text not null default '', add column last_used_at timestamptz")
    this.addSql('alter table signing_keys alter name drop default')
    this.addSql('alter table issuers add column last_used_at timestamptz')
    this.addSql('alter table customers add column erased_at timestamptz')
    this.addSql('create index customers_erased on customers (erased_at) where erased_at is not null')
    // The tickets that a kept answer speaks of, in whatever API's words: they go with them.
    this.addSql("alter table idempotency_keys add column tickets uuid[] not null default '{}'")
    this.addSql('alter table idempotency_keys alter tickets drop default')
    // Who erases a ticket asks what points to it.
    this.addSql('create index tickets_follow_up_of on tickets (follow_up_of) where follow_up_of is not null')
    this.addSql('create index tickets_merged_into on tickets (merged_into) where merged_into is not null')
    this.addSql('create index messages_merged_from on messages (merged_from) where merged_from is not null')
    this.addSql('create index api_keys_by_customer on api_keys (customer_id) where customer_id is not null')
    this.addSql(`
      create table desk_codes (
        hash text primary key,
        app_id uuid not null,
        agent_id uuid not null,
        sealed text not null,
        expires_at timestamptz not null,
        foreign key (app_id, agent_id) references agents (app_id, id) on delete cascade
      )`)
    this.addSql('create index desk_codes_by_age on desk_codes (expires_at)')
  }
}
