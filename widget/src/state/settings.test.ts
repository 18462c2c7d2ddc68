import { signal } from '@preact/signals-core'
import type { WidgetConfig } from '@support-widget/shared/people.ts'
import { afterEach, expect, test, vi } from 'vitest'
import type { Call } from '../net/api.ts'
import type { Options } from '../options.ts'
import { createSettings } from './settings.ts'

function speaking(locale: string, { strings = {}, texts = {} }: { strings?: object; texts?: object } = {}) {
  const options = signal({ server: 'https://support.example', app: 'a', locale, strings } as Options)
  const call = (async () => ({ texts }) as WidgetConfig) as unknown as Call
  return createSettings(options, call)
}
const files: Record<string, object> = { 'ar.json': { title: 'الدعم' }, 'en.json': { title: 'Support' } }

afterEach(() => vi.unstubAllGlobals())

test.each([
  ['ar', {}, 'ar', 'rtl'],
  ['sv', {}, 'en', 'ltr'],
  ['fa', {}, 'en', 'ltr'],
  ['fa', { strings: { title: 'پشتیبانی' } }, 'fa', 'rtl'],
  ['fa', { texts: { fa: { title: 'پشتیبانی' } } }, 'fa', 'rtl'],
])('LANG-5: %s with %o is in %s and runs %s', async (locale, given, lang, dir) => {
  vi.stubGlobal('fetch', async (url: string) => Response.json(files[url.split('/').at(-1) ?? '']))
  const settings = speaking(locale, given)
  await Promise.all([settings.speak(), settings.configure()])
  expect(settings.texts.value).toMatchObject({ locale, lang, dir })
})

test('LANG-5: a language whose file cannot be had is English, and runs as English does', async () => {
  vi.stubGlobal('fetch', async () => new Response('gone', { status: 503 }))
  const settings = speaking('ar')
  await settings.speak()
  expect(settings.texts.value).toMatchObject({ lang: 'en', dir: 'ltr' })
  expect(settings.texts.value.t('new_ticket')).toBe('New ticket')
})
