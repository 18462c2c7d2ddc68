import * as z from 'zod'
import { Attachment } from './attachment.ts'
import { limits } from './limits.ts'
import type { Operation } from './operation.ts'
import { idParam } from './text.ts'

const megabytes = (bytes: number) => `${bytes / 2 ** 20} MiB`

const upload = {
  description:
    `One part named \`file\`, with a file name: 1 byte to ${megabytes(limits.uploadBytes)}. Its content type follows from its bytes: PNG, JPEG, GIF, WebP, HEIC, AVIF, PDF, TXT, CSV, LOG, JSON, ZIP, DOCX, XLSX, PPTX, MP4, MOV or MP3; anything ` +
    'else is kept as `application/octet-stream`. The file waits to be named in the `attachments` of a message or a new ticket, ' +
    `${limits.unusedUploadHours} hours at most; ${megabytes(limits.unusedUploadBytes)} may wait at a time.`,
  status: 201,
  once: true,
  upload: true,
  output: Attachment,
  errors: ['quota_exceeded'],
} as const

const download = {
  status: 200,
  media: 'application/octet-stream',
  params: z.strictObject({ id: idParam() }),
  output: z.string(),
  errors: ['not_found', 'range_not_satisfiable'],
} as const

const bytes =
  'The bytes, with the content type of the attachment; safe to open, because nothing in them is active. Takes `If-None-Match`, a single `Range` and `If-Range`. Pictures (PNG, JPEG, GIF, WebP, AVIF) are shown, everything else is saved.'

export const attachmentOperations = {
  uploadAttachment: { ...upload, summary: 'Upload a file for a message', access: 'customer' },
  getAttachment: {
    ...download,
    summary: 'The bytes of an attachment',
    description: `${bytes} Use the \`url\` of the attachment, which is signed and needs no credential; or send one that may read the message.`,
    access: 'customer',
    link: true,
    query: z.strictObject({ exp: z.string().optional(), sig: z.string().optional() }),
  },
  agentUploadAttachment: { ...upload, summary: 'Upload a file for a message or a note', access: 'agent' },
  agentGetAttachment: { ...download, summary: 'The bytes of an attachment', description: bytes, access: 'agent' },
} as const satisfies Record<string, Operation>
