import type { CannedReply } from '@support-widget/shared/app.ts'
import { encodeId } from '@support-widget/shared/ids.ts'
import type { CannedReplyRow } from '../domain/canned.ts'

export const presentCannedReply = ({ id, name, body, created_at, updated_at }: CannedReplyRow): CannedReply => ({
  id: encodeId(id),
  name,
  body,
  created_at: created_at.toISOString(),
  updated_at: updated_at.toISOString(),
})
