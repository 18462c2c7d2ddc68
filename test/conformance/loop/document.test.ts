import { limits } from '@support-widget/shared/limits.ts'
import { describe, expect, test } from 'vitest'
import { request } from '../../support/client.ts'
import { curl } from '../../support/curl.ts'
import { png } from '../../support/files.ts'
import { createLine, credential, host } from './document.ts'
import { attachment, body, errorIn, isDocumented, loopClient, path, setUp } from './setup.ts'

const at = (ticket: { ticket_id: string }) => ({ params: { id: ticket.ticket_id } })

describe('LOOP-1: the curl line of the document, with our base URL and token, is answered as documented', () => {
  const replaced = async () => {
    const { server, token, native } = await setUp()
    return { native, with: { [host]: `${server.url}/compat/loop`, [credential]: token } }
  }

  test('as printed its body is no JSON', async () => {
    const { with: ours } = await replaced()
    const answer = await curl(createLine, ours)
    expect([answer.status, errorIn(answer).error]).toEqual([400, 'malformed_json'])
  })

  test('with every field that is needed, and with all of them', async () => {
    const { with: ours, native } = await replaced()
    const { requester_name: _, ...least } = body
    const most = { ...body, attachment: attachment(png(), 'scale.png', { content_type: 'image/png' }) }
    for (const given of [least, most]) {
      expect(isDocumented(given)).toBe(true)
      const answer = await curl(createLine, { ...ours, '{ ... }': JSON.stringify(given) })
      expect(answer.status, answer.text).toBe(201)
      const created = answer.body as { ticket_id: string; message_id: string }
      expect(Object.keys(created)).toEqual(['ticket_id', 'message_id', 'status'])
      const ticket = await native.call('getTicket', at(created))
      expect(created).toEqual({ ticket_id: ticket.id, message_id: ticket.messages[0]?.id, status: 'requested' })
    }
  })

  test('with a slash at the end', async () => {
    const { server, token } = await setUp()
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }
    const answer = await request(`${server.url}${path}/`, { method: 'POST', headers, body: JSON.stringify(body) })
    expect(answer.status).toBe(201)
  })
})

describe('LOOP-2: brand_id is a link, limited to what the credential may link', () => {
  test('free without a claim that names it, limited by one', async () => {
    const { app, person, native } = await setUp()
    expect((await native.call('getTicket', at(await person.create()))).links).toEqual({ brand_id: 'north' })
    const limited = await setUpWith(app, { brand_id: ['south'] })
    expect(await limited.refused(body)).toEqual([403, 'link_not_allowed'])
    expect(await limited.create({ ...body, brand_id: 'south' })).toMatchObject({ status: 'requested' })
    expect(await (await setUpWith(app, { policy_number: [] })).create()).toMatchObject({ status: 'requested' })
  })

  const setUpWith = async (app: Awaited<ReturnType<typeof setUp>>['app'], links: object) => {
    const { server } = await setUp(app)
    return loopClient(server, await app.token(body.person_id, { claims: { links } }))
  }
})

describe('LOOP-3: requester_email and requester_name are the contact of this ticket and nobody’s identity', () => {
  test('agents read them at the ticket; the customer stays who the token says', async () => {
    const { app, person, native, agent } = await setUp()
    const other = await app.customer('maya')
    const before = await native.call('getMe', {})
    const made = await person.create({ ...body, requester_email: 'maya@example.com', requester_name: 'Somebody Else' })
    const ticket = await agent.call('agentGetTicket', at(made))
    expect(ticket.context).toEqual({ requester_email: 'maya@example.com', requester_name: 'Somebody Else' })
    expect(ticket.requester).toMatchObject({
      external_id: body.person_id,
      email: `${body.person_id}@example.com`,
      name: before.customer.name,
      verified: true,
    })
    expect((await native.call('getMe', {})).customer).toEqual(before.customer)
    expect((await other.call('listTickets', {})).data).toEqual([])
    expect(JSON.stringify(await native.call('getTicket', at(made)))).not.toContain('Somebody Else')
  })

  test('without a name there is none', async () => {
    const { person, agent } = await setUp()
    const { requester_name: _, ...least } = body
    expect((await agent.call('agentGetTicket', at(await person.create(least)))).context).toEqual({ requester_email: body.requester_email })
  })
})

describe('LOOP-4: the attachment is a file of the first message; what it is follows from its bytes', () => {
  test.each([
    ['a picture', png(4, 3), 'scale.png', undefined, 'image/png'],
    ['a picture that is said to be something else', png(4, 3), 'scale.exe', 'application/x-msdownload', 'image/png'],
    ['text', 'line\n', 'a.log', 'text/plain', 'text/plain'],
    ['a page that is said to be a picture', '<!doctype html><script>1</script>', 'a.png', 'image/png', 'application/octet-stream'],
    ['a type that nobody knows', '\x01\x02', 'a.bin', 'what/ever; q=\u{1F600}', 'application/octet-stream'],
    ['one byte', 'x', 'x', undefined, 'application/octet-stream'],
  ])('%s', async (_, bytes, filename, content_type, found) => {
    const { person, native } = await setUp()
    const made = await person.create({ ...body, attachment: attachment(bytes, filename, content_type === undefined ? {} : { content_type }) })
    const { messages } = await native.call('getTicket', at(made))
    const [file] = messages[0]?.attachments ?? []
    expect([messages.length, file?.filename, file?.content_type, file?.size]).toEqual([1, filename, found, Buffer.byteLength(bytes)])
    const stored = await fetch(file?.url ?? '')
    expect(Buffer.from(await stored.arrayBuffer()).equals(Buffer.from(bytes))).toBe(true)
  })

  test('a name with a path is cleaned like every upload’s', async () => {
    const { person, native } = await setUp()
    const made = await person.create({ ...body, attachment: attachment('x', '../../etc/passwd') })
    expect((await native.call('getTicket', at(made))).messages[0]?.attachments[0]?.filename).toBe('passwd')
  })

  test('exactly 10 MiB, and one byte more', async () => {
    const { person, native, attachments } = await setUp()
    const bytes = Buffer.alloc(limits.uploadBytes, 'a')
    const made = await person.create({ ...body, attachment: attachment(bytes) })
    expect((await native.call('getTicket', at(made))).messages[0]?.attachments[0]?.size).toBe(limits.uploadBytes)
    const refused = await person.send({ ...body, attachment: attachment(Buffer.concat([bytes, Buffer.from('a')])) })
    expect([refused.status, errorIn(refused)]).toEqual([
      400,
      { error: 'invalid_request', message: `attachment.content_base64: must have at most ${limits.uploadBytes} bytes` },
    ])
    expect(await attachments()).toHaveLength(1)
  })
})
