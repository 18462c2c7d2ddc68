const { SwaggerUIBundle } = window
const response = await fetch('/openapi.json')
const spec = await response.json()

// Tried from where the page was opened, whatever name it was opened by: the policy allows no other origin.
spec.servers = [{ url: location.origin }]

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
