import * as z from 'zod'
import { limits } from './limits.ts'
import { idOut } from './text.ts'

export const Attachment = z
  .strictObject({
    id: idOut(),
    filename: z.string(),
    content_type: z.string(),
    size: z.int(),
    width: z.int().nullable(),
    height: z.int().nullable(),
    url: z.string(),
  })
  .meta({
    id: 'Attachment',
    description:
      'A file of a message. `url` is a signed link: stable within five minutes, valid for fifteen at most. Pictures have `width` and `height`, pixels; `size` is bytes.',
  })
export type Attachment = z.infer<typeof Attachment>

/** The uploads that a message carries, in order. */
export const attachmentIds = () => z.array(z.string()).max(limits.attachmentsPerMessage)
