import { defineEntity, p } from '@mikro-orm/core'

/** A widget script that was served once: pages may name it for ever. */
export const WidgetVersionEntity = defineEntity({
  name: 'WidgetVersion',
  tableName: 'widget_versions',
  properties: { version: p.text().primary(), script: p.blob(), integrity: p.text(), createdAt: p.datetime() },
})
