import { beforeAll, describe, expect, test, vi } from 'vitest'
import { defaults, fromAttributes, readOptions } from './options.ts'

beforeAll(() => {
  const querySelector = (selector: string) => {
    if (selector.includes('[[')) throw new SyntaxError('not a selector')
    return null
  }
  vi.stubGlobal('Element', class {})
  vi.stubGlobal('document', {
    baseURI: 'https://host.example/page',
    documentElement: { lang: 'de' },
    createDocumentFragment: () => ({ querySelector }),
  })
})
const base = () => defaults('https://support.example')
const read = (given: unknown) => readOptions(base(), given)

describe('what is understood', () => {
  test('the page speaks for itself', () => {
    expect(base()).toMatchObject({ locale: 'de', server: 'https://support.example', launcher: true })
  })
  test.each([
    [{ server: 'https://s.example/base/' }, { server: 'https://s.example/base' }],
    [{ tokenUrl: '/token' }, { tokenUrl: 'https://host.example/token' }],
    [{ theme: { color: '#FFaa00' } }, { theme: { color: '#FFaa00' } }],
    [{ offset: 8 }, { offset: { x: '8', y: '8' } }],
    [{ offset: { x: 1, y: '2' } }, { offset: { x: '1', y: '2' } }],
    [{ launcher: 'false' }, { launcher: false }],
    [{ launcher: '.help' }, { launcher: '.help' }],
    [
      { position: 'left', zIndex: '-5' },
      { position: 'left', zIndex: '-5' },
    ],
    [{ categories: [{ id: 'a', label: 'A', more: 1 }] }, { categories: [{ id: 'a', label: 'A' }] }],
    [{ strings: { title: 'Help', open: 5 } }, { strings: { title: 'Help' } }],
    [{ container: '#help' }, { container: '#help' }],
    [{ context: { plan: 'pro', since: new Date(0) } }, { context: { plan: 'pro', since: '1970-01-01T00:00:00.000Z' } }],
    [{ contactEmail: 'help@host.example' }, { contactEmail: 'help@host.example' }],
    [{ attention: { title: 'true' } }, { attention: { title: true } }],
    [{ token: undefined }, {}],
  ])('%j', (given, expected) => {
    const { options, faults } = read(given)
    expect(options).toMatchObject(expected)
    expect(faults).toEqual([])
  })
})

describe('what is not is named, and changes nothing', () => {
  test.each([
    [null, 'options'],
    ['app', 'options'],
    [{ app: 7.5 }, ''],
    [{ app: {} }, 'app'],
    [{ getToken: 'fn' }, 'getToken'],
    [{ server: 'javascript:alert(1)' }, 'server'],
    [{ theme: { color: 'red;}' } }, 'color'],
    [{ theme: { font: 'a}b' } }, 'font'],
    [{ theme: { font: "Rock'n Roll" } }, 'font'],
    [{ theme: 5 }, 'theme'],
    [{ launcher: '[[' }, 'launcher'],
    [{ position: 'top' }, 'position'],
    [{ zIndex: '1;color:red' }, 'zIndex'],
    [{ offset: null }, 'offset'],
    [{ categories: [{ id: 1 }] }, 'categories'],
    [{ context: { a: 'x'.repeat(9000) } }, 'context'],
    [{ context: 'text' }, 'context'],
    [{ contactEmail: 'a b@c' }, 'contactEmail'],
    [{ container: '[[' }, 'container'],
    [{ nonsense: 1 }, 'nonsense'],
    [
      {
        get app() {
          throw new Error('trap')
        },
      },
      'app',
    ],
  ])('%#', (given, fault) => {
    expect(read(given).faults.join()).toBe(fault)
  })
})

test('attributes of the script tag', () => {
  const tag: Record<string, string> = { 'data-app': 'demo', 'data-token-url': '/t', 'data-z-index': '9', 'data-mode': 'dark', 'data-other': 'x' }
  const given = fromAttributes({ getAttribute: (name) => tag[name] ?? null })
  expect(given).toEqual({ app: 'demo', tokenUrl: '/t', zIndex: '9', theme: { mode: 'dark' } })
  expect(read(given).faults).toEqual([])
})
