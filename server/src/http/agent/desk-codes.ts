import type Router from '@koa/router'
import { operations } from '@support-widget/shared/operations.ts'
import { paths } from '@support-widget/shared/paths.ts'
import type { AgentActor } from '../../domain/core.ts'
import { createDeskCode, redeemDeskCode } from '../../domain/desk-codes.ts'
import { once } from '../../domain/once.ts'
import { Refusal } from '../../errors.ts'
import type { Ctx } from '../context.ts'
import { answerOnce, authenticate, type Doors, parseInput, tokenOf } from '../operation.ts'

/** The way from the host app to the desk: a code in a link, which the desk exchanges for the agent's token. */
export function mountDeskCodes(router: Router, doors: Doors, publicUrl: string): void {
  const making = operations.agentCreateDeskCode
  router.post(pathOf('agentCreateDeskCode'), async (koa) => {
    const ctx = koa as unknown as Ctx
    const actor = (await authenticate(ctx, doors, making)) as AgentActor
    const { key, ...input } = await parseInput(ctx, making, koa.params)
    const make = async (core = doors.core) => {
      const { code, expiresAt } = await createDeskCode(core, actor, tokenOf(ctx) ?? '')
      return { code, url: `${publicUrl}/desk#code=${code}`, expires_at: expiresAt.toISOString() }
    }
    ctx.set('Cache-Control', 'no-store')
    ctx.status = making.status
    if (key === undefined) ctx.body = await make()
    else {
      const request = { operation: 'agentCreateDeskCode', key, input, status: making.status, secrets: making.secrets }
      answerOnce(ctx, await once(doors.core, actor, request, make))
    }
  })

  const redeeming = operations.redeemDeskCode
  router.post(pathOf('redeemDeskCode'), async (koa) => {
    const ctx = koa as unknown as Ctx
    const { origin } = ctx.req.headers
    if (origin !== undefined && origin !== publicUrl) throw new Refusal('origin_not_allowed', { detail: 'The desk alone takes codes.' })
    const { body } = await parseInput(ctx, redeeming, koa.params)
    const { token, agentId } = await redeemDeskCode(doors.core, (body as { code: string }).code)
    // What has ended the token since the code was made ends the code too.
    const principal = await doors.auth.identify({ token, origin: undefined })
    if (principal.kind !== 'user' || principal.agentId !== agentId)
      throw new Refusal('unauthorized', { detail: 'The token of this code is no longer an agent’s.' })
    ctx.set('Cache-Control', 'no-store')
    ctx.body = { token }
  })
}

const pathOf = (name: 'agentCreateDeskCode' | 'redeemDeskCode') => paths[name].split(' ')[1] ?? ''
