import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { client } from '../support/client.ts'
import { newApp } from '../support/factories.ts'
import { startServer } from '../support/server.ts'

/** What README.md says of signing a token, run as it stands there. */

const readme = readFileSync(fileURLToPath(new URL('../../README.md', import.meta.url)), 'utf8')
const [, section = ''] = readme.split('\n### Sign the token\n')
const [, recipe = ''] = /```js\n(.*?)```/s.exec(section) ?? []

/** Runs it for a user of the host; answers the token. */
async function signed(user: object, env: Record<string, string>, script = recipe): Promise<string> {
  const program = `const user = ${JSON.stringify(user)}\n${script}\nconsole.log(token)`
  const cwd = fileURLToPath(new URL('..', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], { cwd, env, timeout: 60_000 })
  return stdout.trim()
}

test('README-3: the Node recipe for a token works as it stands, and not without its kid', async () => {
  // One of its own: the recipe goes by the true time, and other files move the shared server's.
  const server = await startServer()
  onTestFinished(() => server.app.close())
  const app = await newApp(server)
  const env = { SUPPORT_KID: app.kid, SUPPORT_SECRET: app.secret }
  const user = { id: '4711', name: 'Zoë', email: 'zoe@b.example' }
  const { customer } = await client(server.url, await signed(user, env)).call('getMe', {})
  expect(customer).toMatchObject({ external_id: '4711', name: 'Zoë', email: 'zoe@b.example', verified: true })
  const without = recipe.replace(', kid: process.env.SUPPORT_KID', '')
  expect(without).not.toBe(recipe)
  expect(await client(server.url, await signed(user, env, without)).refused('getMe')).toMatchObject({ status: 401 })
})
