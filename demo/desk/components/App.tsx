import type { Entry } from '../entry.ts'
import { SignIn } from './SignIn.tsx'
import { Workplace } from './Workplace.tsx'

/** What stands on the page: the desk, or why it is not there. */
export function App({ entry }: { entry: Entry }) {
  const desk = entry.desk.value
  if (desk) return <Workplace desk={desk} signOut={entry.session.signOut} />
  const state = entry.session.state.value
  if (state === 'signed_out') return <SignIn entry={entry} />
  if (state === 'unreachable' || entry.isUnreachable.value) {
    return (
      <main class="gate">
        <h1>Support desk</h1>
        <p role="alert">The server cannot be reached at the moment.</p>
        <button type="button" class="primary" onClick={entry.retry}>
          Try again
        </button>
      </main>
    )
  }
  return (
    <main class="gate" aria-busy="true">
      <p class="soft">Signing in…</p>
    </main>
  )
}
