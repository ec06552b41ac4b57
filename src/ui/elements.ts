// Importing this module defines <mcp-integrations>, <mcp-approvals> and <mcp-approval>; on a server it does nothing.
import { defineElements } from './define-elements.js'

if (globalThis.customElements !== undefined) defineElements()

export type * from './element-types.js'
export type {
  ExportFormat,
  HttpErrorCode,
  ImportFormat,
  ImportOptions,
  ImportPreview,
  ImportRow,
  ImportSuggestions,
  ImportVariable,
  ImportedHeader,
  ImportedRow,
  IntegrationsClient,
  ListPreview,
  Person,
  Problem,
  ProblemCode,
  ServerEntry,
  StreamReset,
  Template,
} from '../http/client.js'
export type { Client } from './state/client.js'
export { english, type Labels } from './labels/english.js'
