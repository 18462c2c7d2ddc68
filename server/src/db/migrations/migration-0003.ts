import { Migration } from '@mikro-orm/migrations'

/** Every version of the widget that was ever served. */
export class Migration0003 extends Migration {
  override up(): void {
    this.addSql(`
      create table widget_versions (
        version text primary key,
        script bytea not null,
        integrity text not null,
        created_at timestamptz not null
      )`)
  }
}
