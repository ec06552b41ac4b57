import type { ToolDefinition } from '../../model/tool.js'
import type { ToolsetTool } from '../../model/toolset.js'

/** A tool's definition for models. Reading it may parse it. */
export interface ForModels {
  readonly shown: ToolDefinition
}

type Described = Pick<ToolsetTool, 'title' | 'description' | 'inputSchema' | 'outputSchema'>
type Undescribed = Omit<ToolsetTool, keyof Described>

/**
 * A tool with its texts and schemas, which are read from its definition when they are first needed. They are own,
 * enumerable properties, so that a copy, JSON and the console have them like any other.
 */
export function describedBy(source: ForModels, tool: Undescribed): ToolsetTool {
  Object.freeze(tool.label)
  Object.freeze(tool.approval)
  Object.defineProperty(tool, definition, { value: source })
  // One by one: `defineProperties` takes twice as long, and a loop allocates as much as the tool.
  Object.defineProperty(tool, 'title', title)
  Object.defineProperty(tool, 'description', description)
  Object.defineProperty(tool, 'inputSchema', inputSchema)
  Object.defineProperty(tool, 'outputSchema', outputSchema)
  Object.defineProperty(tool, Symbol.for('nodejs.util.inspect.custom'), printed)
  return Object.freeze(tool as ToolsetTool)
}

/** Whether the tool that {@link describedBy} would return says the same as an earlier one. */
export function isDescribedBy(before: ToolsetTool, source: ForModels, tool: Undescribed): boolean {
  return (
    (before as ToolsetTool & { readonly [definition]: ForModels })[definition] === source &&
    before.modelName === tool.modelName &&
    before.integration === tool.integration &&
    haveSameMembers(before.approval, tool.approval) &&
    haveSameMembers(before.label, tool.label)
  )
}

/** Whether objects of one type have the same members. */
export function haveSameMembers<T extends object>(a: T | undefined, b: T | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  for (const name in b) if (a[name] !== b[name]) return false
  return Object.keys(a).length === Object.keys(b).length
}

/** Not visible to hosts: JSON and copies have no property that isn't enumerable. */
const definition = Symbol('definition')

// Shared by all tools: getters of each tool's own would cost more than the rest of it.
const title = readFrom('title')
const description = readFrom('description')
const inputSchema = readFrom('inputSchema')
const outputSchema = readFrom('outputSchema')

/** The console prints the values, not that there are getters. */
const printed: PropertyDescriptor = {
  value(this: ToolsetTool) {
    return { ...this }
  },
}

function readFrom(member: keyof Described): PropertyDescriptor {
  return {
    enumerable: true,
    get(this: { readonly [definition]: ForModels }) {
      return this[definition].shown[member]
    },
  }
}
