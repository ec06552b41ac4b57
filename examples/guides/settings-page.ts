import { integrationsHandler } from 'mcp-integrations/http'
import { settingsPage } from 'mcp-integrations/ui'
import { ana, connectedNotes, expect } from './host.js'

export async function page(): Promise<void> {
  const { registry, close } = await connectedNotes()
  // #region mount
  const whoIs = async (_request: Request) => ana
  const handler = integrationsHandler(registry, {
    basePath: '/api/mcp',
    origin: 'https://app.example.com',
    actor: (request) => whoIs(request), // your session
    ui: settingsPage({ title: 'Integrations of Acme' }),
  })
  // #endregion
  const document = await handler(new Request('https://app.example.com/api/mcp'))
  const html = await document.text()
  expect('the page is there', document.status === 200 && html.includes('<mcp-integrations base-url="/api/mcp"'))
  expect('it has a title', html.includes('<title>Integrations of Acme</title>'))
  const policy = document.headers.get('content-security-policy') ?? ''
  expect('its policy is strict', policy.includes("script-src 'self'") && !policy.includes('unsafe'))
  const script = /src="([^"]+)"/.exec(html)?.[1] ?? ''
  const asset = await handler(new Request(`https://app.example.com${script}`))
  expect('its script is kept for ever', asset.headers.get('cache-control')?.includes('immutable') === true)
  // #region people
  const staff = [
    { id: 'ana', name: 'Ana Lima' },
    { id: 'bo', name: 'Bo Berg' },
  ]
  const named = integrationsHandler(registry, {
    basePath: '/api/mcp',
    origin: 'https://app.example.com',
    actor: (request) => whoIs(request),
    people: async (_actor, { search = '' }) => staff.filter(({ name }) => name.includes(search)), // your directory
    ui: settingsPage({ labels: { integrationsTab: 'Services' } }),
  })
  // #endregion
  const found = await named(new Request('https://app.example.com/api/mcp/people?search=Bo'))
  expect('people are found by name', (await found.text()) === '{"people":[{"id":"bo","name":"Bo Berg"}]}')
  const services = await (await named(new Request('https://app.example.com/api/mcp'))).text()
  expect('the tab has the name that was given', services.includes('>Services</a>'))
  await close()
}
