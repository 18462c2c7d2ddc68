import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Webhook } from 'standardwebhooks'
import { expect, test } from 'vitest'

/** What README.md says of checking a webhook's signature, run as it stands there. */

const readme = readFileSync(fileURLToPath(new URL('../../README.md', import.meta.url)), 'utf8')
const [, section = ''] = readme.split('\n## Webhooks\n')
const [, recipe = ''] = /```js\n(.*?)```/s.exec(section) ?? []

test('README-6: the PHP recipe looks at no header before all of them are in lower case', () => {
  const [, php = ''] = /```php\n(.*?)```/s.exec(section) ?? []
  const [before = '', after = ''] = php.split('$headers = array_change_key_case($headers);')
  expect(before).not.toContain('$headers[')
  expect(after.match(/\$headers\['webhook-(id|timestamp|signature)'\]/g)).toHaveLength(3)
})

test('README-5: the Node recipe takes what is signed, and nothing that was changed, is old, or has another secret', async () => {
  const secrets = ['a', 'b'].map((fill) => `whsec_${Buffer.alloc(32, fill).toString('base64')}`)
  const [secret = '', other = ''] = secrets
  const body = '{"type":"support.message_sent","data":{"text":"Zoë"}}'
  const signed = (age: number, by: string[]) => {
    const at = new Date(Date.now() - age * 1000)
    const signature = by.map((one) => new Webhook(one).sign('evt_1', at, body)).join(' ')
    return { 'webhook-id': 'evt_1', 'webhook-timestamp': String(Math.floor(at.getTime() / 1000)), 'webhook-signature': signature }
  }
  const cases: [object, string, boolean][] = [
    [signed(0, [secret]), body, true],
    [signed(0, [other, secret]), body, true],
    [signed(200, [secret]), body, true],
    [signed(400, [secret]), body, false],
    [signed(-400, [secret]), body, false],
    [signed(0, [other]), body, false],
    [signed(0, [secret]), body.replace('Zoë', 'Zoe'), false],
    [{ ...signed(0, [secret]), 'webhook-id': 'evt_2' }, body, false],
    [{ ...signed(0, [secret]), 'webhook-timestamp': 'soon' }, body, false],
    [{}, body, false],
    // As long in characters, not in bytes.
    [{ ...signed(0, [secret]), 'webhook-signature': `v1,${'é'.repeat(44)}` }, body, false],
  ]
  const program = `${recipe}\nconst cases = ${JSON.stringify(cases)}
    console.log(JSON.stringify(cases.map(([headers, body]) => isFromSupport(headers, body, ${JSON.stringify(secret)}))))`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], { timeout: 60_000 })
  expect(JSON.parse(stdout)).toEqual(cases.map(([, , isGood]) => isGood))
})
