import { expect, test, vi } from 'vitest'
import { en } from './en.ts'
import { createTexts, fetchStrings, named, type Strings } from './texts.ts'

const raw = import.meta.glob<string>('../../public/lang/*.json', { eager: true, query: '?raw', import: 'default' })
const contents = new Map(Object.entries(raw).map(([path, text]) => [path.split('/').at(-1) ?? '', text]))
const files = [...contents.keys()]
const read = (file: string) => JSON.parse(contents.get(file) ?? '{}') as Record<string, string>
const places = (text = '') => [...text.matchAll(/\{\w+\}/g)].map(String).sort()
/** "1 message" may be said without a number. */
const counted = /^unread_/

test.each(files)('LANG-1: %s has every text, with what is filled in, and no other', (file) => {
  const texts = read(file)
  const forms = new Intl.PluralRules(file.slice(0, -5)).resolvedOptions().pluralCategories
  const allowed = [...Object.keys(en), ...forms.map((form) => `unread_${form}`)]
  expect(Object.keys(texts).filter((key) => !allowed.includes(key))).toEqual([])
  for (const [key, text] of Object.entries(en)) {
    expect(texts[key], key).toBeTruthy()
    if (!counted.test(key)) expect(places(texts[key]), key).toEqual(places(text))
  }
})

test('LANG-2: exactly the languages that have a file are fetched, for all others English', async () => {
  const asked: string[] = []
  const answer = async (url: string) => {
    asked.push(new URL(url).pathname)
    return Response.json(read(url.split('/').at(-1) ?? ''))
  }
  vi.stubGlobal('fetch', answer)
  for (const file of files) {
    const texts = await fetchStrings('https://support.example', `${file.slice(0, -5)}-XX`)
    expect(texts).toEqual(read(file))
  }
  expect(asked).toEqual(files.map((file) => `/widget/lang/${file}`))
  const others = ['en', 'en-GB', 'sv', 'dev', 'frr', 'zh']
  for (const other of others) expect(await fetchStrings('https://support.example', other)).toEqual({})
  expect(asked.slice(files.length)).toEqual(others.map(() => '/widget/lang/en.json'))
  vi.stubGlobal('fetch', async () => new Response('gone', { status: 404 }))
  expect(await fetchStrings('https://support.example', 'de')).toBeNull()
  vi.unstubAllGlobals()
})

test('LANG-3: what a file does not have is said in English, and each number in its own form', () => {
  expect(createTexts('de', { title: 'Hilfe' } as Strings).t('new_ticket')).toBe('New ticket')
  const { unread } = createTexts('ar', read('ar.json'))
  expect([0, 1, 2, 3, 11, 100].map(unread)).toEqual([
    'لا رسائل غير مقروءة',
    'رسالة واحدة غير مقروءة',
    'رسالتان غير مقروءتين',
    '3 رسائل غير مقروءة',
    '11 رسالة غير مقروءة',
    '100 رسالة غير مقروءة',
  ])
})

test('LANG-4: an app names its things in several languages: the locale, its language, or as they are', () => {
  const one = { label: 'Billing', labels: { de: 'Rechnung', 'pt-BR': 'Cobrança' } }
  expect(['de-AT', 'pt-BR', 'pt-PT', 'fr'].map((locale) => named(one, locale))).toEqual(['Rechnung', 'Cobrança', 'Billing', 'Billing'])
  expect(named({ label: 'Billing' }, 'constructor')).toBe('Billing')
})
