import type { Author } from '@support-widget/shared/message.ts'
import { expect, it } from 'vitest'
import { sizeLabel, typingLine, valueText, watchingLine } from './labels.ts'

const author = (name: string | null): Author => ({ type: 'customer', id: name, name, avatar_url: null })

it('says who types and who is here, however many', () => {
  expect(typingLine([])).toBe('')
  expect(typingLine([author(null)])).toBe('Customer is typing…')
  expect(typingLine(['Alice', 'Ada'].map(author))).toBe('Alice and Ada are typing…')
  expect(watchingLine([])).toBe('')
  const agents = ['Ada', 'Bea', 'Cem', 'Dov'].map((name) => ({ id: name, name, avatar_url: null }))
  expect(watchingLine(agents.slice(0, 1))).toBe('Ada is here too')
  expect(watchingLine(agents.slice(0, 3))).toBe('Ada, Bea, and Cem are here too')
  expect(watchingLine(agents)).toBe('Ada, Bea, and 2 others are here too')
})

it('DESK-18: says sizes as the widget does', () => {
  expect([0, 1, 1024, 1025, 101_683, 2 ** 20 - 1, 2 ** 20, 10_485_760].map(sizeLabel)).toEqual([
    '0 kB',
    '1 kB',
    '1 kB',
    '2 kB',
    '100 kB',
    '1,024 kB',
    '1 MB',
    '10 MB',
  ])
})

it('writes every JSON value as text', () => {
  expect(['<b>', 7, false, null].map(valueText)).toEqual(['<b>', '7', 'false', 'null'])
  expect(valueText({ step: [1] })).toContain('"step"')
})
