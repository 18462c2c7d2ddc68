const root = document.getElementById('spa')
const last = document.getElementById('last')
const options = { app: root.dataset.app, server: root.dataset.server, tokenUrl: '/support-token' }

const signIn = (name) => fetch(`/spa?user=${name}`)
const getToken = async () => {
  const response = await fetch('/support-token', { cache: 'no-store' })
  return response.status === 200 ? (await response.json()).token : null
}

async function identify(name) {
  await signIn(name)
  document.getElementById('user').textContent = name
  return window.SupportWidget('identify', { getToken })
}

async function logout() {
  const result = await window.SupportWidget('logout')
  await fetch('/sign-out', { method: 'POST', redirect: 'manual' })
  document.getElementById('user').textContent = 'Nobody'
  return result
}

const actions = {
  boot: () => window.SupportWidget('boot', options),
  shutdown: () => window.SupportWidget('shutdown'),
  open: () => window.SupportWidget('open'),
  alice: () => identify('alice'),
  bob: () => identify('bob'),
  logout,
}

for (const button of root.querySelectorAll('[data-do]')) {
  const name = button.dataset.do
  button.addEventListener('click', async () => {
    last.value = `${name} …`
    try {
      await actions[name]()
      last.value = name
    } catch (error) {
      last.value = `${name} failed: ${error.message}`
    }
  })
}

function show() {
  const current = [...root.querySelectorAll('[data-view]')].find((link) => link.pathname === location.pathname)
  document.getElementById('view').textContent = current?.textContent ?? 'Home'
}

root.addEventListener('click', (event) => {
  const link = event.target.closest('[data-view]')
  if (!link) return
  event.preventDefault()
  history.pushState(null, '', link.href)
  show()
})
window.addEventListener('popstate', show)
show()
