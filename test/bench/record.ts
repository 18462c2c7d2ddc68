import type { Db, Orm } from '@support-widget/server/db/orm.ts'
import { type KyselyPlugin, PostgresQueryCompiler } from 'kysely'

export interface Query {
  text: string
  values: readonly unknown[]
}

/** From now on, every query that this server asks of its database, as it is sent. */
export function record(orm: Orm): Query[] {
  const queries: Query[] = []
  const plugin: KyselyPlugin = {
    transformQuery({ node, queryId }) {
      const { sql, parameters } = new PostgresQueryCompiler().compileQuery(node, queryId)
      queries.push({ text: sql, values: parameters })
      return node
    },
    transformResult: async ({ result }) => result,
  }
  const { db, transaction } = orm
  const recorded = (one: Db) => one.withPlugin(plugin)
  orm.db = () => recorded(db())
  orm.transaction = (work) => transaction((one) => work(recorded(one)))
  return queries
}
