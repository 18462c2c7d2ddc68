import { Migration } from '@mikro-orm/migrations'

/** Who is who: issuers that sign for an app, visitors, people who were erased, and what the last token said of a person's role. */
export class Migration0005 extends Migration {
  override up(): void {
    this.addSql(`
      create table issuers (
        id uuid primary key,
        app_id uuid not null references apps (id),
        name text not null,
        issuer text not null,
        audience text not null,
        jwks_url text not null,
        role_claim text,
        created_at timestamptz not null,
        revoked_at timestamptz,
        unique (app_id, id)
      )`)
    // Issuer and audience name one app: no second one may claim them.
    this.addSql('create unique index issuers_live on issuers (issuer, audience) where revoked_at is null')
    this.addSql(`
      create table erased_people (
        app_id uuid not null references apps (id),
        sub_hash text not null,
        erased_at timestamptz not null,
        primary key (app_id, sub_hash)
      )`)
    // The id is the one in the visitor's token. A merge gives the row to the customer who signed in; who erases that one erases it too.
    this.addSql(`
      create table visitors (
        id uuid primary key,
        app_id uuid not null,
        customer_id uuid not null,
        created_at timestamptz not null,
        expires_at timestamptz not null,
        merged_at timestamptz,
        foreign key (app_id, customer_id) references customers (app_id, id) on delete cascade
      )`)
    this.addSql('create index visitors_by_customer on visitors (customer_id)')
    this.addSql('create index visitors_by_age on visitors (expires_at) where merged_at is null')
    this.addSql(`
      alter table customers
        add column role text check (role in ('customer', 'agent', 'admin')),
        add column role_at timestamptz,
        add column tokens_since timestamptz,
        add column muted_at timestamptz`)
    this.addSql(`
      update customers c set role = a.role from agents a where a.app_id = c.app_id and a.external_id = c.external_id`)
  }
}
