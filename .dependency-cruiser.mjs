/** Imports run one way: ARCHITECTURE.md has the picture. */
const layers = [
  ['server/src/(config|log|errors|clock|safe-fetch|name-lookup)\\.ts$', 'base'],
  ['server/src/(db|storage)/', 'db'],
  ['server/src/auth/', 'auth'],
  ['server/src/domain/', 'domain'],
  ['server/src/present/', 'present'],
  ['server/src/(http|realtime|jobs)/', 'doors'],
  ['server/src/app\\.ts$', 'app'],
  ['server/src/(main|cli)(\\.ts$|/)', 'main'],
]
const widgetLayers = [
  ['widget/src/(net|i18n)/', 'net'],
  ['widget/src/(state/|options\\.ts$)', 'state'],
  ['widget/src/components/', 'components'],
  ['widget/src/(app|drawer|launcher)\\.tsx$', 'drawer'],
  ['widget/src/(boot|public-api|script|host)\\.ts$', 'boot'],
]

/** A layer may import itself and those before it. */
const oneWay = (ordered) =>
  ordered.slice(0, -1).map(([path, name], at) => ({
    name: `${name}-imports-no-later-layer`,
    severity: 'error',
    from: { path, pathNot: '\\.test\\.ts$' },
    to: {
      path: ordered
        .slice(at + 1)
        .map(([later]) => later)
        .join('|'),
    },
  }))

const siblings = (folder, others) => ({
  name: `${folder}-is-apart`,
  severity: 'error',
  from: { path: `server/src/${folder}/` },
  to: { path: others.map((other) => `server/src/${other}/`).join('|') },
})

export default {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'shared-imports-nobody', severity: 'error', from: { path: '^shared/' }, to: { path: '^(server|widget|demo|test)/' } },
    { name: 'server-imports-shared-alone', severity: 'error', from: { path: '^server/' }, to: { path: '^(widget|demo|test)/' } },
    { name: 'widget-imports-shared-alone', severity: 'error', from: { path: '^widget/' }, to: { path: '^(server|demo|test)/' } },
    { name: 'demo-does-not-import-test-or-widget', severity: 'error', from: { path: '^demo/' }, to: { path: '^(widget|test)/' } },
    {
      name: 'widget-takes-types-alone-from-zod-files',
      severity: 'error',
      from: { path: '^widget/src/', pathNot: '\\.test\\.tsx?$' },
      to: { path: '^shared/src/', pathNot: '^shared/src/(errors|ids|limits|paths|socket|tidy)\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    ...oneWay(layers),
    ...oneWay(widgetLayers),
    siblings('http', ['realtime', 'jobs']),
    siblings('realtime', ['http', 'jobs']),
    siblings('jobs', ['http', 'realtime']),
    { name: 'everything-resolves', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|node_modules|output)/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
}
