import { McpApproval } from './elements/mcp-approval.js'
import { McpApprovals } from './elements/mcp-approvals.js'
import { McpIntegrations } from './elements/mcp-integrations.js'
import { ConfirmDialog } from './controls/dialog.js'
import { MenuButton } from './controls/menu.js'
import { ApprovalArguments } from './views/approval-arguments.js'
import { ApprovalCard } from './views/approval-card.js'
import { ArgumentsEditor } from './views/arguments-editor.js'
import { ApprovalHistory } from './views/approval-history.js'
import { ApprovalInbox } from './views/approval-inbox.js'
import { BulkDialog } from './views/bulk-dialog.js'
import { DenyDialog, RememberDialog } from './views/decision-dialogs.js'
import { ExportDialog } from './views/export-dialog.js'
import { Grants, RecentCalls } from './views/grants.js'
import { HeaderFields } from './views/header-fields.js'
import { ImportDialog } from './views/import-dialog.js'
import { IntegrationActions } from './views/integration-actions.js'
import { IntegrationList } from './views/integration-list.js'
import { IntegrationView } from './views/integration-view.js'
import { OneApproval } from './views/one-approval.js'
import { OwnHeadersDialog } from './views/own-headers-dialog.js'
import { ShareDialog } from './views/share-dialog.js'
import { ServerCheck } from './views/server-check.js'
import { ServerDialog } from './views/server-dialog.js'
import { SignInDialog } from './views/sign-in-dialog.js'
import { TransferDialog } from './views/transfer-dialog.js'
import { ToolChanges } from './views/tool-changes.js'
import { ToolList } from './views/tool-list.js'
import { ToolRow } from './views/tool-row.js'

/** Each tag with its class. */
const elements = {
  'mcp-integrations': McpIntegrations,
  'mcp-approvals': McpApprovals,
  'mcp-approval': McpApproval,
  'mcp-part-actions': IntegrationActions,
  'mcp-part-approval': ApprovalCard,
  'mcp-part-arguments': ApprovalArguments,
  'mcp-part-arguments-editor': ArgumentsEditor,
  'mcp-part-bulk': BulkDialog,
  'mcp-part-calls': RecentCalls,
  'mcp-part-changes': ToolChanges,
  'mcp-part-check': ServerCheck,
  'mcp-part-confirm': ConfirmDialog,
  'mcp-part-deny': DenyDialog,
  'mcp-part-export': ExportDialog,
  'mcp-part-grants': Grants,
  'mcp-part-headers': HeaderFields,
  'mcp-part-history': ApprovalHistory,
  'mcp-part-import': ImportDialog,
  'mcp-part-inbox': ApprovalInbox,
  'mcp-part-integration': IntegrationView,
  'mcp-part-list': IntegrationList,
  'mcp-part-menu': MenuButton,
  'mcp-part-one-approval': OneApproval,
  'mcp-part-own-headers': OwnHeadersDialog,
  'mcp-part-remember': RememberDialog,
  'mcp-part-server-dialog': ServerDialog,
  'mcp-part-share': ShareDialog,
  'mcp-part-sign-in': SignInDialog,
  'mcp-part-tool': ToolRow,
  'mcp-part-tools': ToolList,
  'mcp-part-transfer': TransferDialog,
}

/** Registers the tags with the browser. A tag that another copy of this package registered is kept. */
export function defineElements(): void {
  for (const [name, element] of Object.entries(elements))
    if (customElements.get(name) === undefined) customElements.define(name, element)
}
