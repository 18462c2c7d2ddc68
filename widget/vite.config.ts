import { defineConfig } from 'vite'
import { engineAlias, socketClient } from './engine-alias.ts'
import { prune } from './prune.ts'

/** JSX as calls of `h`, which is smaller than the automatic runtime. */
const jsx = {
  name: 'jsx',
  enforce: 'pre' as const,
  transform: (code: string, id: string) => (id.endsWith('.tsx') ? `import { h, Fragment } from 'preact'; ${code}` : undefined),
}

/** One classic script with everything in it, styles included. */
export default defineConfig({
  resolve: { alias: engineAlias },
  plugins: [socketClient(), prune, jsx],
  oxc: { jsx: { runtime: 'classic', pragma: 'h', pragmaFrag: 'Fragment' } },
  build: {
    target: 'es2022',
    cssTarget: ['chrome111', 'firefox115', 'safari16.4'],
    modulePreload: false,
    rolldownOptions: {
      input: 'src/script.ts',
      output: { format: 'iife', entryFileNames: 'widget.js' },
    },
  },
})
