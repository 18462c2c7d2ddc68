import { expect, test } from 'vitest'
import { createTexts } from '../i18n/texts.ts'
import { faultOf, Left } from './Field.tsx'

const { t } = createTexts('en')

test.each([
  ['', 'Please fill this in.'],
  [' \n\u200b', 'Please fill this in.'],
  ['a'.repeat(200), null],
  ['👩‍👩‍👧'.repeat(40), null],
  [`${'👩‍👩‍👧'.repeat(40)}x`, 'Too long by 1.'],
  ['e\u0301'.repeat(200), null],
  [`  ${'a'.repeat(200)}  `, null],
  ['a'.repeat(203), 'Too long by 3.'],
])('a subject is counted as the server counts it: %#', (text, fault) => {
  expect(faultOf({ name: 'subject', type: 'text', required: true }, text, t)).toBe(fault)
})

test.each([
  ['number', '2,5', null],
  ['number', 'two', 'Please enter a number.'],
  ['number', '1,000', 'Please enter a number.'],
  ['number', '-0.125', null],
  ['number', '1e999', 'Please enter a number.'],
  ['number', '', null],
  ['text', 'x'.repeat(500), null],
  ['text', 'x'.repeat(501), 'Too long by 1.'],
] as const)('an answer to a question of the app: %s %j', (type, given, fault) => {
  expect(faultOf({ name: 'custom_fields.a', type }, given, t)).toBe(fault)
})

test('a box that must be ticked', () => {
  const box = { name: 'custom_fields.a', type: 'checkbox', required: true } as const
  expect([faultOf(box, false, t), faultOf(box, true, t)]).toEqual(['Please fill this in.', null])
})

test('how many characters are left is said once they are few, of an answer to a question of the app too', () => {
  const left = (name: string, length: number) => Left({ name, text: 'x'.repeat(length), t })?.props.children ?? null
  expect([0, 449, 450, 501].map((length) => left('custom_fields.a', length))).toEqual([null, null, '50 left', 'Too long by 1.'])
  expect([0, 179, 180].map((length) => left('subject', length))).toEqual([null, null, '20 left'])
})
