const { SwaggerUIBundle } = window

// Of the documents that the page names, the one that the address asks for.
const links = [...document.querySelectorAll('[data-document]')]
const asked = new URLSearchParams(location.search).get('document')
const current = links.find((link) => link.dataset.document === asked) ?? links[0]
const path = current.dataset.document
current.setAttribute('aria-current', 'page')
Object.assign(document.querySelector('#document'), { href: path, textContent: path })

const response = await fetch(path)
const spec = await response.json()

// Tried from where the page was opened, whatever name it was opened by: the policy allows no other origin.
spec.servers = spec.servers.map(({ url }) => ({ url: location.origin + new URL(url).pathname.replace(/\/$/, '') }))

SwaggerUIBundle({
  spec,
  dom_id: '#docs',
  presets: [SwaggerUIBundle.presets.apis],
  layout: 'BaseLayout',
  deepLinking: true,
  filter: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  // The default is a check on another host.
  validatorUrl: null,
})
