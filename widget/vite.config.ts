import { defineConfig } from 'vite'
import { prune } from './prune.ts'
import { preactSource, prunePreact } from './prune-preact.ts'

/** JSX as calls of `h`, which is smaller than the automatic runtime. */
const jsx = {
  name: 'jsx',
  enforce: 'pre' as const,
  transform: (code: string, id: string) => (id.endsWith('.tsx') ? `import { h, Fragment } from 'preact'; ${code}` : undefined),
}

/** Texts that their key spells are not said twice: see `spelled` in texts.ts. */
const texts = {
  name: 'texts',
  enforce: 'pre' as const,
  transform: (code: string, id: string) =>
    id.endsWith('i18n/en.ts')
      ? code.replace(/^ {2}(\w)(\w*): '(\w)(.*)',\n/gm, (line, first, rest, capital, text) =>
          first.toUpperCase() === capital && rest.replaceAll('_', ' ') === text ? '' : line,
        )
      : undefined,
}

/** Members of our own objects that are neither sent nor stored nor seen by a page, and that no browser has. */
const ownNames =
  'adopt|catchUp|configure|conversation|drafts?Of|drafts|earlier|expect|failures|keepDraft|keepUnsent|kick|markRead|misfits|moment|onBegin|onEvent|onFrame|onLost|onOpen|onPart|onState|outbox|parts|readSeq|recall|receive|refusal|renewIn|reread|resend|retryAfter|setHidden|settle|speak|ticketId|toEnd|trouble|typist|unkept|wanted|whole'
/** Custom properties of the style: they are named in the style sheets and where they are set, and nowhere else. */
const properties = ['surface', 'accent', 'radius', 'muted', 'danger', 'amber', 'green', 'field', 'height', 'soft', 'line']
const shortProperties = {
  name: 'short-properties',
  renderChunk: (code: string) =>
    code.replace(new RegExp(`--(${properties.join('|')})\\b`, 'g'), (_, name: string) => `--${String.fromCharCode(97 + properties.indexOf(name))}`),
}

/** One classic script with everything in it, styles included. */
export default defineConfig({
  resolve: { alias: preactSource },
  plugins: [prune, prunePreact, jsx, texts, shortProperties],
  oxc: { jsx: { runtime: 'classic', pragma: 'h', pragmaFrag: 'Fragment' } },
  build: {
    target: 'es2022',
    minify: 'terser',
    terserOptions: {
      ecma: 2022,
      compress: { passes: 8, keep_fargs: false, pure_getters: true, unsafe: true, unsafe_arrows: true, unsafe_comps: true, unsafe_methods: true },
      // Names that begin with `_` are preact's own.
      mangle: { properties: { regex: new RegExp(`^(_[a-z].*|${ownNames})$`), nth_identifier: { get: (at: number) => `_${at.toString(36)}` } } },
      format: { comments: false },
    },
    cssMinify: true,
    cssTarget: ['chrome111', 'firefox115', 'safari16.4'],
    modulePreload: false,
    rolldownOptions: {
      input: 'src/script.ts',
      output: { format: 'iife', entryFileNames: 'widget.js' },
    },
  },
})
