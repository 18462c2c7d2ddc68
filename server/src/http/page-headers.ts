import helmet from 'koa-helmet'

/**
 * Headers of a page of ours: it runs with nothing but its own files, makes no inline script or style, and cannot be framed. `trustedTypes` also forbids it to make markup from
 * text, which not every page that others wrote keeps. `forms` lets it send forms, to us alone.
 */
export const pageHeaders = ({ trustedTypes, forms = false }: { trustedTypes: boolean; forms?: boolean }) =>
  helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        connectSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        baseUri: ["'none'"],
        formAction: [forms ? "'self'" : "'none'"],
        frameAncestors: ["'none'"],
        ...(trustedTypes ? { requireTrustedTypesFor: ["'script'"] } : {}),
      },
    },
    xFrameOptions: { action: 'deny' },
    referrerPolicy: { policy: 'no-referrer' },
    strictTransportSecurity: false,
  })
