import { expect, test } from 'vitest'
import { createTexts } from '../i18n/texts.ts'
import { faultOf } from './Field.tsx'

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
  expect(faultOf('subject', text, t)).toBe(fault)
})
