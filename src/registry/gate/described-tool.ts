import type { ToolsetTool } from '../../model/toolset.js'
import type { ForModels } from './toolset-parts.js'

type Described = Pick<ToolsetTool, 'title' | 'description' | 'inputSchema' | 'outputSchema'>

/**
 * A tool with its texts and schemas, which are read from its definition when they are first needed. They are own,
 * enumerable properties, so that a copy, JSON and the console have them like any other.
 */
export function describedBy(source: ForModels, tool: Omit<ToolsetTool, keyof Described>): ToolsetTool {
  Object.defineProperty(tool, definition, { value: source })
  // One by one, in half the time of `defineProperties`.
  for (const [name, property] of described) Object.defineProperty(tool, name, property)
  return Object.freeze(tool as ToolsetTool)
}

/** Not visible to hosts: JSON and copies have no property that isn't enumerable. */
const definition = Symbol('definition')

/** Shared by all tools: getters of each tool's own would cost more than the rest of it. */
const described: readonly (readonly [string | symbol, PropertyDescriptor])[] = [
  readFrom('title'),
  readFrom('description'),
  readFrom('inputSchema'),
  readFrom('outputSchema'),
  [Symbol.for('nodejs.util.inspect.custom'), { value: copyOf }],
]

function readFrom(member: keyof Described): readonly [string, PropertyDescriptor] {
  return [
    member,
    {
      enumerable: true,
      get(this: { readonly [definition]: ForModels }) {
        return this[definition].shown[member]
      },
    },
  ]
}

/** What the console prints: the values, not that there are getters. */
function copyOf(this: ToolsetTool): ToolsetTool {
  return { ...this }
}
