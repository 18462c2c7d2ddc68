import { expect, test } from 'vitest'
import { createTexts, localeOf } from './texts.ts'

test('texts are filled in, and the page may put others', () => {
  const { t } = createTexts('en', { title: 'Help', left: '{n} to go, {else}' })
  expect(t('title')).toBe('Help')
  expect(t('left', { n: 3 })).toBe('3 to go, {else}')
  expect(t('too_long', { n: 2 })).toBe('Too long by 2.')
})

test('one is said in the singular', () => {
  const { unread } = createTexts('en')
  expect([0, 1, 2].map(unread)).toEqual(['0 unread messages', '1 unread message', '2 unread messages'])
})

test('times ago', () => {
  const now = Date.parse('2026-11-21T12:00:00Z')
  const { ago } = createTexts('en')
  const said = [
    '2026-11-21T12:00:30Z',
    '2026-11-21T11:59:30Z',
    '2026-11-21T11:59:00Z',
    '2026-11-21T09:01:00Z',
    '2026-11-20T11:00:00Z',
    '2026-01-01T00:00:00Z',
  ]
  expect(said.map((time) => ago(time, now))).toEqual(['now', 'now', '1 minute ago', '2 hours ago', 'yesterday', '10 months ago'])
})

test('days have a name, or a date with its year', () => {
  const now = new Date(2026, 10, 21, 12).getTime()
  const dates = [new Date(2026, 10, 21, 1), new Date(2026, 10, 20, 23), new Date(2026, 10, 19, 23), new Date(2025, 11, 24)]
  const said = (locale: string) => dates.map((date) => createTexts(locale).day(date.toISOString(), now))
  expect(said('en')).toEqual(['today', 'yesterday', 'Thursday, November 19, 2026', 'Wednesday, December 24, 2025'])
  expect(said('de').slice(2)).toEqual(['Donnerstag, 19. November 2026', 'Mittwoch, 24. Dezember 2025'])
})

test.each([
  ['ar', 'rtl'],
  ['he-IL', 'rtl'],
  ['fa', 'rtl'],
  ['en', 'ltr'],
  ['are', 'ltr'],
])('%s runs %s', (locale, dir) => {
  expect(createTexts(localeOf(locale)).dir).toBe(dir)
})

test('the first well-formed wish is the locale', () => {
  expect(localeOf('', 'de-de')).toBe('de-DE')
  expect(localeOf(undefined, 7, 'not a tag', 'fr')).toBe('fr')
  expect(localeOf('_')).toBe('en')
})
