/** The examples and shapes of the loop document, written down from it and from nothing of ours. */

export const host = 'https://comms.platform.loop.health'
export const credential = '$ACCESS_TOKEN'

/** The body is left open in the document: as printed, it is no JSON. */
export const createLine = String.raw`curl -X POST https://comms.platform.loop.health/v1/support/tickets \
  -H "Authorization: Bearer $ACCESS_TOKEN" \
  -H "Content-Type: application/json" \
  -d '{ ... }'`

const text = { type: 'string', minLength: 1 }

export const requestSchema = {
  type: 'object',
  properties: {
    brand_id: text,
    person_id: text,
    requester_email: { type: 'string', format: 'email' },
    requester_name: text,
    subject: text,
    body: text,
    attachment: {
      type: 'object',
      properties: { filename: text, content_base64: text, content_type: text },
      required: ['filename', 'content_base64'],
    },
  },
  required: ['brand_id', 'person_id', 'requester_email', 'subject', 'body'],
}

export const createdSchema = {
  type: 'object',
  properties: { ticket_id: { type: 'string' }, message_id: { type: 'string' }, status: { type: 'string', enum: ['requested', 'sent'] } },
  required: ['ticket_id', 'message_id', 'status'],
}

/** Of 400 and 403. */
export const errorSchema = {
  type: 'object',
  properties: { error: { type: 'string' }, message: { type: 'string' } },
  required: ['error', 'message'],
}
