import { defineConfig } from 'vite'
import { arrange } from './arrange.ts'
import { prune } from './prune.ts'
import { preactSource, prunePreact } from './prune-preact.ts'
import { en } from './src/i18n/en.ts'
import { spelled } from './src/i18n/spelled.ts'

/** JSX as calls of `h`, which is smaller than the automatic runtime. */
const jsx = {
  name: 'jsx',
  enforce: 'pre' as const,
  transform: (code: string, id: string) => (id.endsWith('.tsx') ? `import { h, Fragment } from 'preact'; ${code}` : undefined),
}

/** English texts of screens that are reached only with the server's help: they come with the language file, as those of other languages do. */
const later =
  /^(away|away_ask|away_mail|close_confirm|comment|details|error_unauthorized|file_limits|follow_up|found|is_closed|kept|late|latest|left|load_error|merged|misfits|not_number|offline|rate|rated|redacted|reopen|required|selected|thread_missing|too_long|typing|unkept|unreachable)$/
/** The script has neither those nor the ones that their key spells: see `spelled` in texts.ts. All stand in `lang/en.json`. */
const texts = {
  name: 'texts',
  enforce: 'pre' as const,
  transform: (code: string, id: string) =>
    id.endsWith('i18n/en.ts')
      ? code.replace(/^ {2}(\w+): '(.*)',\n/gm, (line, key, text) => (later.test(key) || spelled(key) === text ? '' : line))
      : undefined,
  generateBundle(this: { emitFile: (file: { type: 'asset'; fileName: string; source: string }) => void }) {
    this.emitFile({ type: 'asset', fileName: 'lang/en.json', source: JSON.stringify(en) })
  },
}

/** Members of our own objects that are neither sent nor stored nor seen by a page, and that no browser has. */
const ownNames =
  'adopt|agents|alone|arrived|asked|attach|begin|blocked|called|carry|catchUp|component(?:DidMount|DidUpdate|WillUnmount)|configure|conversation|deliver|draftOf|drafts|earlier|expect|failures|forget|found|hear|isOpen|keepDraft|keepUnsent|kick|know|known|lead|leads|leave|look|marked|markRead|misfits|moment|moved|nobody|onBegin|onEnd|onEvent|onFrame|onLost|onMessage|onOpen|onPart|onRead|onState|onTop|outbox|patience|peek|person|place|question|reach|readSeq|recall|receive|record|refusal|refused|renewIn|reread|resend|restore|retryAfter|running|say|setHidden|settle|shouldComponentUpdate|shown|speak|sync|takeBack|ticketId|tickets|toEnd|trouble|typist|unkept|unlessSame|unread|until|wanted|whole|withdraw|wrong'
/** Custom properties of the style: they are named in the style sheets and where they are set, and nowhere else. */
const properties = ['surface', 'accent', 'radius', 'muted', 'danger', 'amber', 'field', 'height', 'soft', 'line']
const shortProperties = {
  name: 'short-properties',
  renderChunk: (code: string) =>
    code.replace(new RegExp(`--(${properties.join('|')})\\b`, 'g'), (_, name: string) => `--${String.fromCharCode(97 + properties.indexOf(name))}`),
}

/** One classic script with everything in it, styles included. */
export default defineConfig({
  resolve: { alias: preactSource },
  plugins: [arrange, prune, prunePreact, jsx, texts, shortProperties],
  oxc: { jsx: { runtime: 'classic', pragma: 'h', pragmaFrag: 'Fragment' } },
  build: {
    target: 'es2022',
    minify: 'terser',
    terserOptions: {
      ecma: 2022,
      // Vite's default works around faults of a Safari that is not among the browsers below.
      safari10: false,
      compress: {
        passes: 4,
        inline: 1,
        keep_fargs: false,
        lhs_constants: false,
        unsafe: true,
        unsafe_arrows: true,
        unsafe_comps: true,
        unsafe_math: true,
        // Getters of ours do nothing but tell who reads them.
        pure_getters: true,
      },
      // Names that begin with `_` are preact's own.
      mangle: { properties: { regex: new RegExp(`^(_[a-z].*|${ownNames})$`), nth_identifier: { get: (at: number) => `_${at.toString(36)}` } } },
      // In whatever encoding a page takes it to be.
      format: { comments: false, ascii_only: true },
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
