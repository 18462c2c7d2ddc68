import { createHash } from 'node:crypto'

/** The line for pages that call the widget before its script has arrived. */
export const earlyCalls = 'window.SupportWidget ||= (...c) => new Promise(r => (SupportWidget.q ||= []).push([c, r]))'

/** A script's source expression for `script-src`, as browsers compute it: over the text between the tags. */
export const hashOf = (script: string) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`

const join = (directives: Record<string, string>) =>
  Object.entries(directives)
    .map(([name, value]) => `${name} ${value}`)
    .join('; ')

const socketForm = (serverUrl: string) => serverUrl.replace(/^http/, 'ws')

/** What every page of the product is sent with. */
export const pagePolicy = (serverUrl: string) =>
  join({
    'default-src': "'self'",
    'script-src': `'self' ${serverUrl} ${hashOf(earlyCalls)}`,
    'connect-src': `'self' ${serverUrl} ${socketForm(serverUrl)}`,
    'img-src': `'self' ${serverUrl}`,
    'style-src': "'self'",
    'base-uri': "'none'",
    'form-action': "'self'",
    'frame-ancestors': "'none'",
    'object-src': "'none'",
    'require-trusted-types-for': "'script'",
  })

/** The least that the widget lives with: its script, its server, its images, and this origin for the token alone. No style, no policy of its own. */
export const strictPolicy = (serverUrl: string) =>
  join({
    'default-src': "'none'",
    'script-src': `${serverUrl} ${hashOf(earlyCalls)}`,
    'connect-src': `'self' ${serverUrl} ${socketForm(serverUrl)}`,
    'img-src': serverUrl,
    'base-uri': "'none'",
    'form-action': "'none'",
    'frame-ancestors': "'none'",
    'require-trusted-types-for': "'script'",
    'trusted-types': "'none'",
  })
