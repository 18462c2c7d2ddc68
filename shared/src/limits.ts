/** What a person writes, in Unicode code points after NFC and trimming. */
export const textLimits = { subject: 200, body: 10_000, customFieldValue: 500 } as const

/** Files of a message, and the largest of them, bytes. */
export const fileLimits = { attachmentsPerMessage: 5, uploadBytes: 10 * 1024 * 1024 } as const

/** Context of a ticket as JSON, bytes. */
export const contextLimits = { contextBytes: 16 * 1024 } as const

/** Every number that bounds an input or an output, in one place. Text lengths count Unicode code points after NFC and trimming. */
export const limits = {
  ...textLimits,
  ...fileLimits,
  ...contextLimits,
  category: 40,
  type: 40,
  clientId: 64,
  /** Largest picture, pixels (width times height), read from its header. */
  uploadPixels: 50_000_000,
  filename: 200,
  /** Uploads that no message carries yet: bytes per uploader, and how long they are kept, hours. */
  unusedUploadBytes: 100 * 1024 * 1024,
  unusedUploadHours: 24,
  customFields: 50,
  customFieldKey: 40,
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
  search: 200,
  bulk: 100,
  cannedReplyName: 100,
  /** Origins from which browsers may call an app. */
  originsPerApp: 50,
  /** Keys of an app that are not revoked. */
  keysPerApp: 50,
  /** What a partner key may grant: keys, and values of each. */
  grantedLinks: 20,
  grantedLinkValues: 200,
  /** The widget's texts that an app sets: languages, and all of them as JSON, bytes. */
  textLanguages: 40,
  textsBytes: 64 * 1024,
  claimName: 200,
  /** Webhook endpoints of an app, switched on or off. */
  webhooksPerApp: 20,
  webhookDescription: 200,
  /** How long a finished delivery can be seen and sent again, and how long the secret before the last is good, days and hours. */
  webhookDays: 30,
  webhookOverlapHours: 24,
  /** Attempts of a delivery that are shown. */
  webhookLog: 100,
  /** Deliveries that are queued again by one request. */
  webhookReplay: 10_000,
  /** Test events of an app a minute. */
  webhookTests: 10,
  /** For a whole request to a receiver, milliseconds; what is read of its answer, bytes. */
  webhookTimeoutMs: 15_000,
  webhookAnswerBytes: 16 * 1024,
  /** How long a message may wait to be read before a mail tells of it, minutes. */
  mailMinutes: 7 * 24 * 60,
  /** Messages whose text stands in one mail. */
  mailMessages: 20,
  /** Connections to the SMTP server. */
  mailConnections: 5,
  /** Of them, for the mails of one app at once. */
  mailConnectionsPerApp: 3,
  /** Attempts to send a mail; with what lies between them, four days. */
  mailAttempts: 19,
  /** What ended is kept, days; what tells that an address was written to, always. */
  mailDays: 30,
  idempotencyKey: 255,
  idempotencyHours: 48,
  /** A JWT `sub`: characters. */
  externalId: 255,
  name: 200,
  /** RFC 5321 section 4.5.3.1.3: a path has at most 256 octets, two of them the angle brackets. */
  email: 254,
  url: 2048,
  /** Notes and what the server says in the thread count too: it bounds what is read, whoever wrote it. */
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
  /** Requests of one socket in ten seconds, and how many may be under way at once. */
  socketRequests: 100,
  socketInFlight: 50,
  /** Tickets that one socket of an agent watches. */
  watchedTickets: 20,
  /** Requests a minute. */
  writesPerCustomer: 60,
  readsPerCustomer: 600,
  requestsPerKey: 3_000,
  requestsPerAddress: 2_000,
  /** New visitors, and new sockets, from one address a minute. */
  visitorsPerAddress: 60,
  handshakesPerAddress: 1_000,
  /** How long a visitor may stay away, days. */
  visitorDays: 90,
  /** A set of an issuer's keys: bytes, and keys in it. */
  jwksBytes: 256 * 1024,
  jwksKeys: 100,
  /** JWT: longest life and clock skew, seconds. */
  tokenLifetime: 24 * 60 * 60,
  clockSkew: 60,
} as const
