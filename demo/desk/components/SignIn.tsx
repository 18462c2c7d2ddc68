import type { Entry } from '../entry.ts'
import type { Session } from '../session.ts'

function reasonIn({ ended, codeRefused }: Session): string | null {
  if (codeRefused.value) return 'This link was used already or is over. Open the desk from your app again.'
  return ended.value ? 'Your session has ended. What you typed is kept: sign in to go on.' : null
}

/** For desks without a demo: the agent's token comes from the host app. */
export function SignIn({ entry }: { entry: Entry }) {
  const reason = entry.problem.value ?? reasonIn(entry.session)

  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    if (!(event.currentTarget instanceof HTMLFormElement)) return
    const token = new FormData(event.currentTarget).get('token')
    if (typeof token === 'string' && token.trim() !== '') entry.signIn(token)
  }

  return (
    <main class="gate">
      <h1>Support desk</h1>
      {reason && <p role="alert">{reason}</p>}
      <form onSubmit={submit}>
        <label for="token">Agent token</label>
        <input id="token" name="token" type="password" required autocomplete="off" spellcheck={false} aria-describedby="token-hint" />
        <p class="soft" id="token-hint">
          A token that your app signed for you, with the role “agent” or “admin”. It is kept in this tab only.
        </p>
        <button type="submit" class="primary">
          Sign in
        </button>
      </form>
    </main>
  )
}
