import { fileURLToPath } from 'node:url'

const source = (file: string) => fileURLToPath(new URL(`./src/net/${file}`, import.meta.url))

/** For `resolve.alias`: what socket.io-client is built upon in the widget. */
export const engineAlias = {
  'engine.io-client': source('engine.ts'),
  'socket.io-parser': source('parser.ts'),
  '@socket.io/component-emitter': source('emitter.ts'),
}

const namespaceImport = 'import * as parser from "socket.io-parser";'
const namedImports = 'import { Decoder, Encoder } from "socket.io-parser"; const parser = { Decoder, Encoder };'

/**
 * For `plugins`, beside the alias.
 *
 * A bundler turns `import *` into an object with getters, by property descriptors that inherit from Object.prototype: on a page that has put anything
 * of its own there, `Object.defineProperty` throws as the script loads. So the client's one such import is named instead. And its index does nothing
 * when loaded, but does not say so: without that its `io()` stays in a bundle that only uses `Manager`.
 */
export function socketClient() {
  return {
    name: 'socket-client',
    transform(code: string, id: string): { code: string; moduleSideEffects: boolean } | undefined {
      const file = /socket\.io-client\/build\/esm(?:-debug)?\/(index|manager)\.js/.exec(id)?.[1]
      if (!file) return
      if (file === 'index') return { code, moduleSideEffects: false }
      if (!code.includes(namespaceImport)) throw new Error('socket.io-client no longer imports its parser as before: see engine-alias.ts')
      return { code: code.replace(namespaceImport, namedImports), moduleSideEffects: false }
    },
  }
}
