// For a browser: the tests of the page run it in a chat of a host (test/browser/elements.test.ts).
// #region elements
import { english } from 'mcp-integrations/elements' // defines <mcp-integrations>, <mcp-approvals>, <mcp-approval>

const approval = document.createElement('mcp-approval')
approval.baseUrl = '/api/mcp'
approval.approvalId = new URLSearchParams(location.search).get('approval') ?? ''
document.querySelector('#chat')!.append(approval)
// #endregion

// #region labels
approval.locale = 'de'
approval.labels = {
  allowOnce: 'Einmal erlauben',
  deny: 'Ablehnen …',
  approvalAsks: (agent) => `${agent} fragt`,
}
approval.personName = (userId) => ({ ana: 'Ana Lima' })[userId] ?? userId
// #endregion

// #region events
approval.addEventListener('mcp-decided', (event) => {
  const { approval: decided } = (event as CustomEvent<{ approval: { approvalId: string; status: string } }>).detail
  document.title = decided.status // continue the conversation: toolset.resume(decided.approvalId)
})
// #endregion

if (english.allowOnce === approval.labels.allowOnce) throw new Error('The English text is not that of the host.')
