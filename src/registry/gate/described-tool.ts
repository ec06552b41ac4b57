import type { ToolDefinition } from '../../model/tool.js'
import type { ToolsetTool } from '../../model/toolset.js'
import type { ForModels } from './toolset-parts.js'

type Described = Pick<ToolsetTool, 'title' | 'description' | 'inputSchema' | 'outputSchema'>

/**
 * A tool with its texts and schemas, which are read from its definition when they are first needed. They are own,
 * enumerable properties, so that a copy, JSON and the console have them like any other.
 */
export function describedBy(source: ForModels, tool: Omit<ToolsetTool, keyof Described>): ToolsetTool {
  Object.defineProperty(tool, definition, { value: source })
  return Object.freeze(Object.defineProperties(tool, described) as ToolsetTool)
}

/** Not visible to hosts: only strings are keys of JSON and of copies. */
const definition = Symbol('definition')

/** Shared by all tools: a getter of each one would cost more than the rest of the tool. */
const described: PropertyDescriptorMap = {
  title: readFrom('title'),
  description: readFrom('description'),
  inputSchema: readFrom('inputSchema'),
  outputSchema: readFrom('outputSchema'),
  [Symbol.for('nodejs.util.inspect.custom')]: {
    value(this: ToolsetTool) {
      return { ...this }
    },
  },
}

function readFrom(member: keyof Described & keyof ToolDefinition): PropertyDescriptor {
  return {
    enumerable: true,
    get(this: { readonly [definition]: ForModels }) {
      return this[definition].shown[member]
    },
  }
}
