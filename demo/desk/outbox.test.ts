import { describe, expect, it, vi } from 'vitest'
import { ApiError, type Call } from './api.ts'
import { createOutbox, type Kept } from './outbox.ts'
import { message } from './samples.ts'

function outboxWith(answer: (body: { body: string; client_id?: string | undefined }) => Promise<unknown>, kept: Kept = { drafts: {}, pending: [] }) {
  const sent: string[] = []
  let ids = 0
  let last: Kept = kept
  const call = vi.fn(async (_name: string, input: { body: { body: string; client_id?: string } }) => {
    sent.push(input.body.body)
    return answer(input.body)
  })
  const outbox = createOutbox({
    call: call as unknown as Call,
    kept,
    keep: (state) => {
      last = state
    },
    receive: () => undefined,
    now: () => new Date(0),
    newId: () => `id-${++ids}`,
  })
  return { outbox, call, sent, kept: () => last }
}

const arrives = async (body: { client_id?: string | undefined }) => message(2, { client_id: body.client_id ?? null })
const settled = () => new Promise((resolve) => setTimeout(resolve))

describe('outbox', () => {
  it('keeps reply and note apart, and each per ticket', () => {
    const { outbox } = outboxWith(arrives)
    outbox.setDraft('T1', { reply: 'for the customer' })
    outbox.setDraft('T1', { kind: 'note', note: 'for us' })
    outbox.setDraft('T2', { reply: 'other' })
    expect(outbox.draftOf('T1')).toEqual({ kind: 'note', reply: 'for the customer', note: 'for us' })
    expect(outbox.draftOf('T2').reply).toBe('other')
    expect(outbox.draftOf('T3').reply).toBe('')
  })

  it('sends what was written in its order, one after the other', async () => {
    const { outbox, sent } = outboxWith(arrives)
    for (const text of ['one', 'two', 'three']) {
      outbox.setDraft('T1', { reply: text })
      outbox.send('T1')
    }
    expect(outbox.pending.value).toHaveLength(3)
    await settled()
    expect(sent).toEqual(['one', 'two', 'three'])
    expect(outbox.pending.value).toEqual([])
    expect(outbox.draftOf('T1').reply).toBe('')
  })

  it('sends no blank text', () => {
    const { outbox, call } = outboxWith(arrives)
    outbox.setDraft('T1', { reply: ' \n ' })
    outbox.send('T1')
    expect(call).not.toHaveBeenCalled()
    expect(outbox.draftOf('T1').reply).toBe(' \n ')
  })

  it('keeps a failed message and retries it under the same client_id', async () => {
    let isDown = true
    const ids: (string | undefined)[] = []
    const { outbox } = outboxWith(async (body) => {
      ids.push(body.client_id)
      if (isDown) throw new ApiError(0)
      return arrives(body)
    })
    outbox.setDraft('T1', { reply: 'hello' })
    outbox.send('T1')
    await settled()
    expect(outbox.pending.value[0]).toMatchObject({ state: 'failed', passing: true, body: 'hello' })
    isDown = false
    outbox.retryPassing()
    await settled()
    expect(outbox.pending.value).toEqual([])
    expect(ids).toEqual(['id-1', 'id-1'])
  })

  it('does not retry by itself what the server will not take', async () => {
    const { outbox, call } = outboxWith(async () => {
      throw new ApiError(409, { code: 'ticket_full', title: 'The ticket has reached its number of messages' })
    })
    outbox.setDraft('T1', { reply: 'hello' })
    outbox.send('T1')
    await settled()
    outbox.retryPassing()
    await settled()
    expect(call).toHaveBeenCalledTimes(1)
    outbox.setDraft('T1', { reply: 'typed since' })
    outbox.edit('id-1')
    expect(outbox.draftOf('T1').reply).toBe('hello\n\ntyped since')
    expect(outbox.pending.value).toEqual([])
  })

  it('takes along what was written in a ticket that goes on elsewhere, below what is typed there', async () => {
    const { outbox } = outboxWith(async () => {
      throw new ApiError(409, { code: 'ticket_closed', detail: 'Go on there.' })
    })
    for (const text of ['one', 'two']) {
      outbox.setDraft('T1', { reply: text })
      outbox.send('T1')
    }
    await settled()
    expect(outbox.pending.value.map((one) => one.reason)).toEqual(['Go on there', 'Go on there'])
    outbox.setDraft('T1', { reply: 'three', note: 'for us' })
    outbox.setDraft('T2', { reply: 'zero' })
    outbox.carry('T1', 'T2')
    expect(outbox.draftOf('T2')).toEqual({ kind: 'reply', reply: 'zero\n\none\n\ntwo\n\nthree', note: 'for us' })
    expect([outbox.holds('T1'), outbox.holds('T2'), outbox.pending.value]).toEqual([false, true, []])
    outbox.setDraft('T3', { kind: 'note' })
    outbox.carry('T1', 'T3')
    expect(outbox.draftOf('T3').kind).toBe('note')
  })

  it('takes the echo for the answer, even when the answer is lost', async () => {
    const { outbox } = outboxWith(async () => {
      outbox.settle([message(2, { client_id: 'id-1' })])
      throw new ApiError(0)
    })
    outbox.setDraft('T1', { reply: 'hello' })
    outbox.send('T1')
    await settled()
    expect(outbox.pending.value).toEqual([])
  })

  it('brings back after a reload what was typed and what was on its way', () => {
    const first = outboxWith(() => new Promise(() => undefined))
    first.outbox.setDraft('T1', { reply: 'on its way' })
    first.outbox.send('T1')
    first.outbox.setDraft('T1', { reply: 'half a sent' })
    const second = outboxWith(arrives, JSON.parse(JSON.stringify(first.kept())))
    expect(second.outbox.draftOf('T1').reply).toBe('half a sent')
    expect(second.outbox.pending.value[0]).toMatchObject({ body: 'on its way', state: 'failed', passing: true, client_id: 'id-1' })
  })
})
