/** A name or an address as it stands in a URL that has been parsed; a wildcard is neither. */
const host = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)$/

/** True for an origin as a browser's `Origin` header has it (RFC 6454, section 6.2): scheme, host and a port that is not the default one, nothing else. Never `null`. */
export function isOrigin(given: string): boolean {
  if (!URL.canParse(given)) return false
  const { protocol, origin, hostname } = new URL(given)
  return /^https?:$/.test(protocol) && origin === given && host.test(hostname)
}
