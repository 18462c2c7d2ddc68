import helmet from 'koa-helmet'

/**
 * What every answer says that says nothing else: it is not a page, is in no frame, sends nobody to us with an address, and only our own origin embeds it. Pages, scripts and files that are
 * for others say so themselves.
 */
export const safeHeaders = helmet({
  contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
  crossOriginOpenerPolicy: false,
  crossOriginResourcePolicy: { policy: 'same-origin' },
  originAgentCluster: false,
  xFrameOptions: { action: 'deny' },
  referrerPolicy: { policy: 'no-referrer' },
  // Who ends TLS before us says whether the whole host has it.
  strictTransportSecurity: false,
})
