/** What a person writes, in Unicode code points after NFC and trimming. */
export const textLimits = { subject: 200, body: 10_000 } as const

/** Every number that bounds an input or an output, in one place. Text lengths count Unicode code points after NFC and trimming. */
export const limits = {
  ...textLimits,
  category: 40,
  type: 40,
  clientId: 64,
  attachmentsPerMessage: 5,
  /** Largest upload, bytes. */
  uploadBytes: 10 * 1024 * 1024,
  /** Largest picture, pixels (width times height), read from its header. */
  uploadPixels: 50_000_000,
  filename: 200,
  /** Uploads that no message carries yet: bytes per uploader, and how long they are kept, hours. */
  unusedUploadBytes: 100 * 1024 * 1024,
  unusedUploadHours: 24,
  customFields: 50,
  customFieldKey: 40,
  customFieldValue: 500,
  tags: 20,
  tag: 40,
  country: 80,
  storeRegion: 120,
  externalTicketId: 200,
  language: 35,
  phone: 40,
  /** Resolution notes, action taken. */
  longText: 10_000,
  csatComment: 2_000,
  /** Context of a ticket as JSON, bytes. */
  contextBytes: 16 * 1024,
  search: 200,
  bulk: 100,
  cannedReplyName: 100,
  idempotencyKey: 255,
  idempotencyHours: 48,
  /** A JWT `sub`: characters. */
  externalId: 255,
  name: 200,
  /** RFC 5321 section 4.5.3.1.3: a path has at most 256 octets, two of them the angle brackets. */
  email: 254,
  url: 2048,
  messagesPerTicket: 5_000,
  perPage: 100,
  perPageDefault: 20,
  page: 1_000_000,
  messagesPage: 200,
  messagesPageDefault: 100,
  /** Largest JSON body, bytes. */
  jsonBytes: 512 * 1024,
  jsonDepth: 32,
  /** Largest HTTP header block, bytes; above it 431. */
  headerBytes: 16 * 1024,
  /** Largest socket frame, bytes; above it close code 1009. */
  frameBytes: 64 * 1024,
  socketsPerCustomer: 20,
  /** Requests a minute. */
  writesPerCustomer: 60,
  readsPerCustomer: 600,
  requestsPerKey: 3_000,
  requestsPerAddress: 2_000,
  /** JWT: longest life and clock skew, seconds. */
  tokenLifetime: 24 * 60 * 60,
  clockSkew: 60,
} as const
