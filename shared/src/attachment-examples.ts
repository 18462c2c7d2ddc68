import { attachment, ids } from './example-objects.ts'

const params = { id: ids.attachment }

export const attachmentExamples = {
  uploadAttachment: { output: attachment },
  getAttachment: { params, query: { exp: '1772443800', sig: '8kQ1vWm0cZrT5yXb2nLd7fHj4sGp9uEa3iOq6wRt0yM' }, output: '' },
  agentUploadAttachment: { output: attachment },
  agentGetAttachment: { params, output: '' },
}
