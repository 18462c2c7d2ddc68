import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** `page.ts` as one minified script, built as the widget is. */
export async function bundlePage(): Promise<string> {
  const built = await build({
    configFile: false,
    root: here('.'),
    logLevel: 'error',
    build: {
      write: false,
      target: 'es2022',
      minify: true,
      modulePreload: false,
      rolldownOptions: { input: here('page.ts'), preserveEntrySignatures: 'strict', output: { format: 'iife', codeSplitting: false } },
    },
  })
  const output = (Array.isArray(built) ? built : [built]).flatMap((one) => ('output' in one ? one.output : []))
  const [chunk] = output
  if (chunk?.type !== 'chunk' || output.length !== 1) throw new Error('page.ts did not become one file')
  return chunk.code
}
