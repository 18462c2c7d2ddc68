// The foreign APIs that are served, one line each. Without its line and its folder a dialect is gone.

export { consoleDialect } from './console/routes.ts'
export { loop } from './loop/routes.ts'
export { pgi } from './pgi/routes.ts'
export { ping } from './ping/routes.ts'
