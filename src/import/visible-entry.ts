import { visible, visibleText } from '../model/visible-text.js'
import type { ServerEntry } from './server-entry.js'

/** An entry of a list with nothing hidden in its texts. Names of headers and variables stay: values are found by them. */
export function visibleEntry(entry: ServerEntry): ServerEntry {
  const { name, description, variables, suggestions, unsupported, notes } = entry
  const { autoApprove, enabledTools, disabledTools } = suggestions
  return {
    ...entry,
    name: shortName(name),
    description: text(description),
    variables: variables.map((variable) => ({ ...variable, description: text(variable.description) })),
    suggestions: {
      ...suggestions,
      autoApprove: names(autoApprove),
      enabledTools: names(enabledTools),
      disabledTools: names(disabledTools),
    },
    unsupported: text(unsupported),
    notes: notes.map((note) => visibleText(note)),
  }
}

/**
 * A name that an integration can have, also with a number after it: of many long names that are equal, each would be
 * compared with all others.
 */
function shortName(name: string): string {
  const shown = visible(name)
  return shown.length <= maxName ? shown : visible(name, keptOfLongName)
}

/** The most characters of a name. */
const maxName = 190
/** How much is kept of a longer one, before it says how much is missing. */
const keptOfLongName = 150

function text(value: string | undefined): string | undefined {
  return value === undefined ? undefined : visibleText(value)
}

function names(tools: readonly string[] | undefined): readonly string[] | undefined {
  return tools?.map((tool) => visible(tool))
}
