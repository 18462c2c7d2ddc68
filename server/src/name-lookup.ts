import { type LookupAddress, lookup } from 'node:dns'
import { Resolver } from 'node:dns/promises'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import ipaddr from 'ipaddr.js'

/** How long a name server has for a question, and how often each is asked: half of what a request may take, at most, milliseconds. */
const patience = { timeout: 2_000, maxTimeout: 4_000, tries: 2 }

const hostsFile = '/etc/hosts'

/**
 * Every address of a name, as the hosts file has it or else DNS. Never asks the system's resolver, but for `localhost`: that holds one of the few threads of the process for
 * as long as a name server is silent, and so the look-ups of everybody else. Ends with the signal. Throws where there is no address.
 */
export async function addressesOf(name: string, signal: AbortSignal): Promise<LookupAddress[]> {
  if (name === 'localhost') return promisify(lookup)(name, { all: true })
  const written = addressesIn(await readFile(hostsFile, 'utf8').catch(() => ''), name)
  return written.length > 0 ? written : askDns(name, signal)
}

/** What a hosts file says of a name. */
export function addressesIn(hosts: string, name: string): LookupAddress[] {
  const wanted = name.toLowerCase().replace(/\.$/, '')
  return hosts.split('\n').flatMap((line) => {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/)
    if (!ipaddr.isValid(address) || !names.some((one) => one.toLowerCase() === wanted)) return []
    return [{ address, family: ipaddr.parse(address).kind() === 'ipv4' ? 4 : 6 }]
  })
}

/** With a resolver of its own, so that ending this look-up ends no other. */
async function askDns(name: string, signal: AbortSignal): Promise<LookupAddress[]> {
  signal.throwIfAborted()
  const resolver = new Resolver(patience)
  const cancel = () => resolver.cancel()
  signal.addEventListener('abort', cancel)
  try {
    const [v4, v6] = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)])
    const found = [
      ...(v4.status === 'fulfilled' ? v4.value.map((address) => ({ address, family: 4 })) : []),
      ...(v6.status === 'fulfilled' ? v6.value.map((address) => ({ address, family: 6 })) : []),
    ]
    if (found.length === 0 && v4.status === 'rejected') throw v4.reason
    return found
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}
