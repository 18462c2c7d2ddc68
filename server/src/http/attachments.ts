import type Router from '@koa/router'
import { decodeId } from '@support-widget/shared/ids.ts'
import type { Operation } from '@support-widget/shared/operation.ts'
import { operations } from '@support-widget/shared/operations.ts'
import { paths } from '@support-widget/shared/paths.ts'
import { seeAttachment, seeLinkedAttachment } from '../domain/attachments.ts'
import type { Caller } from '../domain/core.ts'
import { once } from '../domain/once.ts'
import { asAgent, asCustomer, may } from '../domain/policy.ts'
import { beginUpload, discardUpload, keepUpload, storeFile } from '../domain/uploads.ts'
import { notFound } from '../errors.ts'
import { presentAttachment } from '../present/attachment.ts'
import type { Ctx } from './context.ts'
import { receiveFile } from './multipart.ts'
import { answerOnce, authenticate, type Doors, identify, parseInput } from './operation.ts'
import type { Pace } from './pace.ts'
import { serveFile } from './serve-file.ts'

type Route = (ctx: Ctx, doors: Doors) => Promise<void>

/** Uploads and downloads: bytes in and out, so not through `mount`, but from the same table and behind the same guards. */
export function mountAttachments(router: Router, doors: Doors, pace: Pace): void {
  const at = (name: keyof typeof paths, route: Route) => {
    const [method = '', path = ''] = paths[name].split(' ')
    router.register(path, [method], (ctx) => route(ctx as unknown as Ctx, doors))
  }
  at('uploadAttachment', upload('uploadAttachment', pace))
  at('agentUploadAttachment', upload('agentUploadAttachment', pace))
  at('getAttachment', download)
  at('agentGetAttachment', downloadAsAgent)
}

function upload(name: 'uploadAttachment' | 'agentUploadAttachment', pace: Pace): Route {
  const operation: Operation = operations[name]
  return async (ctx, doors) => {
    const { core } = doors
    const actor = await authenticate(ctx, doors, operation)
    const { key } = await parseInput(ctx, operation, ctx.params)
    const storageKey = await beginUpload(core, actor)
    let kept = false
    try {
      const file = await receiveFile(ctx, pace, (arriving) => storeFile(core, storageKey, arriving.name, arriving.bytes))
      const keep = async (inner: typeof core) => presentAttachment(await keepUpload(inner, actor, file), core.links)
      ctx.status = operation.status
      ctx.set('Cache-Control', 'no-store')
      if (key === undefined) {
        ctx.body = await keep(core)
        kept = true
        return
      }
      const input = { sha256: file.sha256, filename: file.filename }
      const answer = await once(core, actor, { operation: name, key, input, status: operation.status, secrets: [] }, keep)
      kept = !answer.replayed
      answerOnce(ctx, answer)
    } finally {
      if (!kept) await discardUpload(core, storageKey)
    }
  }
}

/** By a signed link, which is a permission of its own; else by a credential: a customer's, and an agent's as an agent. */
const download: Route = async (ctx, doors) => {
  const { core } = doors
  const { exp, sig } = ctx.query
  const id = decodeId(String(ctx.params.id))
  if (id !== null && core.links.verify(id, String(exp), String(sig))) {
    await parseInput(ctx, operations.getAttachment, ctx.params)
    const file = await seeLinkedAttachment(core, id)
    ctx.set('Access-Control-Allow-Origin', '*')
    const remaining = Math.floor(Number(exp) - core.clock.now().getTime() / 1000)
    return serveFile(ctx, core, file, `private, max-age=${Math.max(0, remaining)}`)
  }
  // A dead link is as an unknown one.
  if ((exp ?? sig) !== undefined && ctx.get('Authorization') === '' && ctx.get('X-Api-Key') === '') throw notFound()
  const principal = await identify(ctx, doors)
  const callers: [Caller, ...Caller[]] = [asCustomer(principal), ...(may(principal, 'agent') ? [asAgent(principal)] : [])]
  await parseInput(ctx, operations.getAttachment, ctx.params)
  return serveFile(ctx, core, await seeAttachment(core, callers, id), asked)
}

const downloadAsAgent: Route = async (ctx, doors) => {
  const actor = await authenticate(ctx, doors, operations.agentGetAttachment)
  await parseInput(ctx, operations.agentGetAttachment, ctx.params)
  return serveFile(ctx, doors.core, await seeAttachment(doors.core, [actor], decodeId(String(ctx.params.id))), asked)
}

/** What a credential opened is asked for again each time. */
const asked = 'private, no-cache'
