import type { AddressInfo, Socket } from 'node:net'
import PostalMime, { type Email } from 'postal-mime'
import { SMTPServer, type SMTPServerSession } from 'smtp-server'
import { freePort } from './postgres.ts'

/** A mail that the server took: it answered 250, or went away just before. */
export interface Received {
  /** The recipient of the envelope. */
  to: string
  from: string
  raw: string
  mail: Email
  /** The values of a header, unfolded, in the order in which they stand. */
  header(name: string): string[]
}

/**
 * What the server does with a mail: takes it; refuses the recipient or the text for good; refuses for now; goes away in the middle of the text, or after all of it without an answer; says nothing
 * any more after the text; greets nobody.
 */
export type Behaviour = 'accept' | 'refuse' | 'refuse_text' | 'greylist' | 'cut' | 'cut_after' | 'hang' | 'hang_greeting' | 'full'

export interface SmtpTestServer {
  url: string
  /** Mails for these recipients; all without. */
  received(...to: string[]): Received[]
  /** Every recipient that was named, taken or not. */
  asked: string[]
  /** How it treats everybody from now on, or the next so many mails, or all mails to one recipient while it takes the others. */
  behave(behaviour: Behaviour, which?: { times: number } | { to: string }): void
  /** True if, by what was said last of its behaviour, it may keep a mail to this recipient waiting for an answer that never comes. */
  hangs(to: string): boolean
  /** Nobody listens any more, until it resumes on the same port. */
  pause(): Promise<{ resume(): Promise<void> }>
  /** Open connections. */
  connections(): number
  close(): Promise<void>
}

const refusal = (responseCode: number, message: string) => Object.assign(new Error(message), { responseCode })

async function read(raw: string, { mailFrom, rcptTo }: SMTPServerSession['envelope']): Promise<Received[]> {
  const mail = await PostalMime.parse(Buffer.from(raw, 'latin1'))
  const header = (name: string) => mail.headers.filter(({ key }) => key === name.toLowerCase()).map(({ value }) => value)
  return rcptTo.map(({ address }) => ({ to: address, from: mailFrom ? mailFrom.address : '', raw, mail, header }))
}

/** A real SMTP server on loopback. */
export async function startSmtp(): Promise<SmtpTestServer> {
  const received: Received[] = []
  const asked: string[] = []
  const sockets = new Map<number, Socket>()
  let usual: Behaviour = 'accept'
  let next: { behaviour: Behaviour; times: number } = { behaviour: 'accept', times: 0 }
  let only: string | null = null
  const current = (to: string): Behaviour => (only !== null && to !== only ? 'accept' : next.times > 0 ? next.behaviour : usual)
  /** The behaviour for this mail, which is then dealt with. */
  const used = (to: string): Behaviour => {
    const behaviour = current(to)
    if (next.times > 0) next.times--
    return behaviour
  }
  const atRecipient: Partial<Record<Behaviour, Error>> = {
    refuse: refusal(550, 'No such user'),
    greylist: refusal(451, 'Greylisted, try again later'),
    full: refusal(452, 'Mailbox full'),
  }
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    logger: false,
    closeTimeout: 100,
    onConnect(_, done) {
      if (usual !== 'hang_greeting') done()
    },
    onRcptTo({ address }, _, done) {
      asked.push(address)
      const err = atRecipient[current(address)]
      if (err) used(address)
      done(err)
    },
    onData(stream, session, done) {
      const behaviour = used(session.envelope.rcptTo[0]?.address ?? '')
      const cut = () => sockets.get(session.remotePort)?.destroy()
      let raw = ''
      stream.setEncoding('latin1')
      stream.on('data', (chunk: string) => {
        raw += chunk
        if (behaviour === 'cut') cut()
      })
      stream.once('end', async () => {
        if (behaviour === 'cut' || behaviour === 'hang') return
        if (behaviour === 'refuse_text') return done(refusal(554, 'Looks like spam'))
        received.push(...(await read(raw, session.envelope)))
        if (behaviour === 'cut_after') return cut()
        done()
      })
    },
  })
  // A client that goes away is no fault.
  server.on('error', () => {})
  server.server.on('connection', (socket: Socket) => {
    const remote = socket.remotePort ?? 0
    sockets.set(remote, socket)
    socket.once('close', () => sockets.delete(remote))
    socket.on('error', () => {})
  })
  const listen = (at: number) => new Promise<void>((resolve) => server.server.listen(at, '127.0.0.1', () => resolve()))
  // Nobody else gets it while it is paused.
  await listen(await freePort())
  const own = (server.server.address() as AddressInfo).port
  const cutAll = () => {
    for (const socket of sockets.values()) socket.destroy()
  }
  return {
    url: `smtp://127.0.0.1:${own}`,
    received: (...to) => received.filter((one) => to.length === 0 || to.includes(one.to)),
    asked,
    behave(behaviour, which) {
      // Who is connected already has been greeted.
      if (behaviour === 'hang_greeting') cutAll()
      only = which && 'to' in which ? which.to : null
      if (which && 'times' in which) next = { behaviour, times: which.times }
      else [usual, next] = [behaviour, { behaviour, times: 0 }]
    },
    hangs: (to) => (only === null || to === only) && [usual, next.behaviour].some((one) => one.startsWith('hang')),
    async pause() {
      const closed = new Promise((resolve) => server.server.close(resolve))
      cutAll()
      await closed
      return { resume: () => listen(own) }
    },
    connections: () => sockets.size,
    close: () =>
      new Promise((resolve) => {
        cutAll()
        server.close(resolve)
      }),
  }
}
