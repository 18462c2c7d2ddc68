import { effect, signal } from '@preact/signals'
import { ApiError, type Call } from './api.ts'
import { createDesk, type Desk, type DeskOptions } from './desk.ts'
import type { Session } from './session.ts'

const refusals: Record<number, string> = {
  401: 'This token was not accepted. It may be mistyped or over.',
  403: 'This token belongs to a customer. The desk needs the token of an agent.',
}

/** Opens the desk when somebody has signed in and puts it away when the session ends. What was typed outlives both. */
export function createEntry(options: Omit<DeskOptions, 'me'> & { call: Call; session: Session }) {
  const { session, call } = options
  const desk = signal<Desk | null>(null)
  /** Why the desk did not open. */
  const problem = signal<string | null>(null)
  const isUnreachable = signal(false)

  async function enter() {
    isUnreachable.value = false
    try {
      const me = await call('agentGetMe', {})
      if (session.state.value !== 'signed_in' || desk.value) return
      problem.value = null
      desk.value = createDesk({ ...options, me })
    } catch (error) {
      const refusal = error instanceof ApiError ? refusals[error.status] : undefined
      if (refusal !== undefined) {
        problem.value = refusal
        session.signOut()
      } else {
        isUnreachable.value = true
      }
    }
  }

  effect(() => {
    if (session.state.value === 'signed_in') {
      void enter()
      return
    }
    desk.peek()?.stop()
    desk.value = null
  })

  return {
    desk,
    problem,
    isUnreachable,
    session,
    retry: () => void (session.state.value === 'signed_in' ? enter() : session.start()),
    signIn(token: string) {
      problem.value = null
      session.signIn(token)
    },
  }
}

export type Entry = ReturnType<typeof createEntry>
