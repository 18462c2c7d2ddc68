import type { Attachment } from '@support-widget/shared/attachment.ts'
import { encodeId } from '@support-widget/shared/ids.ts'
import type { SignedLinks } from '../auth/signed-link.ts'
import type { MessageView } from '../domain/views.ts'

export function presentAttachment(view: MessageView['attachments'][number], links: SignedLinks): Attachment {
  const { id, filename, content_type, size, width, height } = view
  return { id: encodeId(id), filename, content_type, size: Number(size), width, height, url: links.attachment(id) }
}
