import type { ToolDefinition } from '../model/tool.js'
import { isJsonObject } from './same-json.js'

/** Why a tool is not for models: the server reserves it for its own app, or runs it only as a task. */
export type NotForModels = 'app_only' | 'task_only'

/**
 * The reason not to offer a tool to models; `undefined` if models may use it.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/schema ToolExecution; SEP-1865, `_meta.ui.visibility`
 */
export function notForModels({ _meta, execution }: ToolDefinition): NotForModels | undefined {
  const { ui } = _meta ?? {}
  const visibility = isJsonObject(ui) ? ui.visibility : undefined
  if (Array.isArray(visibility) && !visibility.includes('model')) return 'app_only'
  return execution?.taskSupport === 'required' ? 'task_only' : undefined
}
