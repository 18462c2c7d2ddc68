import { Migration } from '@mikro-orm/migrations'
import { searchColumns } from '../search.ts'

const batch = 500
const first = '00000000-0000-0000-0000-000000000000'

interface Row {
  id: string
  app_id: string
}

/** Makes the tickets and customers that were there before search findable. */
export class Migration0004 extends Migration {
  override async up(): Promise<void> {
    await this.each<Row & { number: string; subject: string; body: string | null }>(
      `select t.id, t.app_id, t.number, t.subject, m.body from tickets t left join messages m on m.ticket_id = t.id and m.seq = 1
        where t.id > ? order by t.id limit ${batch}`,
      ({ id, app_id, number, subject, body }) => {
        const { search, search_grams } = searchColumns(app_id, [number, subject, body])
        return this.execute(
          `insert into ticket_search (ticket_id, app_id, search, search_grams) select ?, ?, ?, array(select jsonb_array_elements_text(?))`,
          [id, app_id, search, JSON.stringify(search_grams)],
        )
      },
    )
    await this.each<Row & { name: string | null; email: string | null; phone: string | null }>(
      `select id, app_id, name, email, phone from customers where id > ? order by id limit ${batch}`,
      ({ id, app_id, name, email, phone }) => {
        const { search, search_grams } = searchColumns(app_id, [name, email, phone])
        return this.execute(`update customers set search = ?, search_grams = array(select jsonb_array_elements_text(?)) where id = ?`, [
          search,
          JSON.stringify(search_grams),
          id,
        ])
      },
    )
  }

  private async each<T extends Row>(select: string, work: (row: T) => Promise<unknown>): Promise<void> {
    for (let last: string | undefined = first; last !== undefined; ) {
      const rows = (await this.execute(select, [last])) as T[]
      for (const row of rows) await work(row)
      last = rows.at(-1)?.id
    }
  }
}
