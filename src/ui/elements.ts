// For browsers: importing it defines <mcp-integrations>, <mcp-approvals> and <mcp-approval>.
import { defineElements } from './define-elements.js'

defineElements()

export type * from './element-types.js'
export { english, type Labels } from './state/labels.js'
