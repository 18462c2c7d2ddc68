import { Migration } from '@mikro-orm/migrations'

/** Mail: what is to be sent, by reference and without a text, so that redaction and erasure reach it; which address a customer has confirmed. */
export class Migration0008 extends Migration {
  override up(): void {
    this.addSql(`
      create table mails (
        id uuid primary key,
        app_id uuid not null,
        ticket_id uuid not null,
        kind text not null check (kind in ('new_ticket', 'customer_unread', 'agent_unread')),
        state text not null check (state in ('queued', 'sending', 'sent', 'failed', 'cancelled')),
        due_at timestamptz not null,
        attempts int not null,
        upto_seq int,
        recipient text,
        message_id text,
        reason text,
        created_at timestamptz not null,
        ended_at timestamptz,
        foreign key (app_id, ticket_id) references tickets (app_id, id) on delete cascade,
        check ((ended_at is null) = (state in ('queued', 'sending')))
      )`)
    this.addSql("create index mails_due on mails (due_at) where state in ('queued', 'sending')")
    this.addSql('create index mails_by_ticket on mails (ticket_id, kind)')
    this.addSql('create index mails_by_app on mails (app_id, id)')
    this.addSql('create index mails_by_state on mails (app_id, state, id)')
    this.addSql("create index mails_ended on mails (ended_at) where ended_at is not null and not (kind = 'customer_unread' and state = 'sent')")
    this.addSql('alter table customers add column confirmed_email text')
  }
}
