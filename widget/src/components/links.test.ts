import { expect, test } from 'vitest'
import { splitLinks } from './links.ts'

const links = (text: string) => splitLinks(text).flatMap(({ href }) => href ?? [])

test.each([
  ['see https://a.example/x?y=1#z.', 'https://a.example/x?y=1#z'],
  ['(https://a.example/)', 'https://a.example/'],
  ['https://en.example/wiki/Foo_(bar)', 'https://en.example/wiki/Foo_(bar)'],
  ['"http://a.example", he said', 'http://a.example'],
  ['mailto:me@a.example!', 'mailto:me@a.example'],
  ['HTTPS://A.example', 'HTTPS://A.example'],
  ['https://a.example/@name', 'https://a.example/@name'],
])('%s', (text, link) => {
  expect(links(text)).toEqual([link])
})

test.each([
  'javascript:alert(1)',
  'data:text/html,<script>',
  'vbscript:x',
  'https://good@evil.example',
  'https://user:pass@evil.example/',
  'ftp://a.example',
  'www.a.example',
  'xhttps://a.example',
  '<img src=x onerror=alert(1)>',
])('%s stays text', (text) => {
  expect(links(text)).toEqual([])
})

test('all pieces together are the text', () => {
  for (const text of ['', 'a', 'https://a.example', 'x https://a.example, y\nmailto:b@c.d. https://q@r z']) {
    expect(
      splitLinks(text)
        .map((piece) => piece.text)
        .join(''),
    ).toBe(text)
  }
})
