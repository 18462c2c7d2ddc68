import { mkdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { engineAlias, socketClient } from '../../widget/engine-alias.ts'
import { prune } from '../../widget/prune.ts'

/** The stock engine; ours under the whole stock client; ours under the client as the widget is built with it. */
export type Engine = 'stock' | 'own' | 'pruned'
export type Entry = 'client.ts' | 'page.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** One of these files, built as the widget is, over the stock engine or over ours. */
export async function bundle(entry: Entry, engine: Engine, format: 'es' | 'iife'): Promise<string> {
  const own = engine !== 'stock'
  const built = await build({
    configFile: false,
    root: here('.'),
    logLevel: 'error',
    resolve: { alias: own ? engineAlias : {} },
    plugins: own ? [socketClient(), ...(engine === 'pruned' ? [prune] : [])] : [],
    build: {
      write: false,
      target: 'es2022',
      minify: true,
      modulePreload: false,
      rolldownOptions: { input: here(entry), preserveEntrySignatures: 'strict', output: { format, codeSplitting: false } },
    },
  })
  const output = (Array.isArray(built) ? built : [built]).flatMap((one) => ('output' in one ? one.output : []))
  const [chunk] = output
  if (chunk?.type !== 'chunk' || output.length !== 1) throw new Error(`${entry} did not become one file`)
  return chunk.code
}

/** The same, loaded into this process. */
export async function load<Module>(entry: Entry, engine: Engine): Promise<Module> {
  const directory = here('../output/engine/')
  await mkdir(directory, { recursive: true })
  const file = `${directory}${entry.replace('.ts', '')}.${engine}.${process.pid}.mjs`
  await writeFile(file, await bundle(entry, engine, 'es'))
  return import(file)
}
