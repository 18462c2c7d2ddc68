// Served as a classic script, so that it has run before the widget's script is even asked for.
const seen = { messages: 0, errors: 0, rejections: 0 }
window.hostile = seen
window.addEventListener('message', () => {
  seen.messages++
})
window.addEventListener('error', () => {
  seen.errors++
})
window.addEventListener('unhandledrejection', () => {
  seen.rejections++
})

const inherited = () => 'hostile'
Object.assign(Object.prototype, { extend: inherited, hostileText: 'hostile', each: inherited })
Object.assign(Array.prototype, { remove: inherited, contains: inherited, hostileText: 'hostile' })
