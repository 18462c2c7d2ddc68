import { Migration } from '@mikro-orm/migrations'

/** A mail may be about a webhook endpoint that was switched off, instead of a ticket. */
export class Migration0011 extends Migration {
  override up(): void {
    this.addSql('alter table mails alter column ticket_id drop not null, add column webhook_id uuid')
    this.addSql('alter table mails drop constraint mails_kind_check')
    this.addSql("alter table mails add check (kind in ('new_ticket', 'customer_unread', 'agent_unread', 'webhook_off'))")
    this.addSql("alter table mails add check ((kind = 'webhook_off') = (webhook_id is not null) and (webhook_id is null) = (ticket_id is not null))")
    this.addSql('alter table mails add foreign key (app_id, webhook_id) references webhook_endpoints (app_id, id) on delete cascade')
    this.addSql('create index mails_by_webhook on mails (webhook_id) where webhook_id is not null')
  }
}
