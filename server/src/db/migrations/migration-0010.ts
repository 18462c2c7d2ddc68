import { Migration } from '@mikro-orm/migrations'

/** What waits by endpoint and due time: where much is due, each endpoint's oldest is found without what lies before it. */
export class Migration0010 extends Migration {
  override up(): void {
    this.addSql("create index webhook_deliveries_open on webhook_deliveries (app_id, endpoint_id, due_at, id) where state = 'pending'")
  }
}
