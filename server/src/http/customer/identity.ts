import type Router from '@koa/router'
import { identityOperations } from '@support-widget/shared/identity-operations.ts'
import type { Output } from '@support-widget/shared/operations.ts'
import { paths } from '@support-widget/shared/paths.ts'
import { readMe, updateMe } from '../../domain/people.ts'
import { createVisitor, mergeVisitor } from '../../domain/visitors.ts'
import { notFound } from '../../errors.ts'
import { presentMe, presentSelf } from '../../present/people.ts'
import type { Ctx } from '../context.ts'
import { type Doors, type Handlers, parseInput } from '../operation.ts'

/** `POST /v1/support/visitors`: public, but held against the origins of the app that its body names. */
export function mountVisitors(router: Router, { core, auth, rateLimit }: Doors): void {
  const operation = identityOperations.createVisitor
  const [, path = ''] = paths.createVisitor.split(' ')
  router.post(path, async (context) => {
    const ctx = context as unknown as Ctx
    const { body } = await parseInput(ctx, operation, ctx.params)
    const { app: publicId } = operation.body.parse(body)
    const app = await core.apps.byPublicId(publicId)
    if (!app) throw notFound()
    auth.checkOrigin(app, ctx.req.headers.origin)
    await rateLimit.visitor(ctx)
    const { token, customer, expiresAt } = await createVisitor(core, app)
    const answer: Output<'createVisitor'> = { token, customer: presentSelf(customer, true), expires_at: expiresAt.toISOString() }
    ctx.status = operation.status
    ctx.set('Cache-Control', 'no-store')
    ctx.body = answer
  })
}

/** What customers do about who they are. */
export const identityHandlers: Handlers<'mergeVisitor' | 'updateMe'> = {
  async mergeVisitor({ core, actor, body }) {
    await mergeVisitor(core, actor, body.visitor_token)
    return presentMe(actor.app, await readMe(core, actor))
  },

  async updateMe({ core, actor, body }) {
    await updateMe(core, actor, body)
    return presentMe(actor.app, await readMe(core, actor))
  },
}
