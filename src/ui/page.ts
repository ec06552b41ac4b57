// The script of the served page. The view is in the address, so that Back works and a view can be linked.
import { defineElements } from './define-elements.js'
import type { McpApprovals } from './elements/mcp-approvals.js'
import type { McpIntegrations } from './elements/mcp-integrations.js'
import type { Labels } from './labels/english.js'

defineElements()

const integrations = document.querySelector('mcp-integrations') as McpIntegrations
const approvals = document.querySelector('mcp-approvals') as McpApprovals
const page = document.querySelector('.page') as HTMLElement
integrations.labels = approvals.labels = JSON.parse(page.dataset['labels'] ?? '{}') as Partial<Labels>
const tabs = [...document.querySelectorAll<HTMLAnchorElement>('.tabs a')]
const count = document.querySelector('.count') as HTMLElement
const news = document.querySelector('.news') as HTMLElement

addEventListener('hashchange', show)
integrations.addEventListener('mcp-navigate', (event) => {
  const { integration } = (event as CustomEvent<{ readonly integration: string | undefined }>).detail
  history.pushState(null, '', integration === undefined ? '#' : `#integration/${encodeURIComponent(integration)}`)
  entitle()
})
approvals.addEventListener('mcp-waiting', (event) => {
  const { count: waiting, message } = (event as CustomEvent<{ readonly count: number; readonly message: string }>)
    .detail
  // The hidden inbox can't announce a new request itself.
  news.textContent = approvals.hidden && waiting > Number(count.textContent) ? message : ''
  count.textContent = String(waiting)
  count.hidden = waiting === 0
  entitle()
})
show()

function show(): void {
  const [view, id] = location.hash.slice(1).split('/')
  const isInbox = view === 'approvals'
  integrations.hidden = isInbox
  approvals.hidden = !isInbox
  integrations.integration = view === 'integration' && id !== undefined ? decodeURIComponent(id) : undefined
  for (const tab of tabs)
    if ((tab.hash === '#approvals') === isInbox) tab.setAttribute('aria-current', 'page')
    else tab.removeAttribute('aria-current')
  entitle()
}

function entitle(): void {
  const waiting = Number(count.textContent)
  const tab = tabs.find((one) => one.hasAttribute('aria-current'))
  document.title = `${waiting > 0 ? `(${waiting}) ` : ''}${tab?.dataset['title'] ?? ''}`
}
