import { Migration } from '@mikro-orm/migrations'

/** What an admin looks through: deliveries of an endpoint by time and by what went wrong, mails by kind. Addresses that want no mail, whoever names them. */
export class Migration0009 extends Migration {
  override up(): void {
    this.addSql('create index webhook_deliveries_by_time on webhook_deliveries (app_id, endpoint_id, created_at, id)')
    this.addSql('drop index webhook_deliveries_by_endpoint')
    // Almost all are delivered, and nobody looks for those alone.
    this.addSql(
      "create index webhook_deliveries_not_delivered on webhook_deliveries (app_id, endpoint_id, state, created_at, id) where state <> 'delivered'",
    )
    this.addSql('create index mails_by_kind on mails (app_id, kind, id)')
    this.addSql(`
      create table mail_refusals (
        app_id uuid not null references apps (id),
        address_hash text not null,
        created_at timestamptz not null,
        primary key (app_id, address_hash)
      )`)
  }
}
