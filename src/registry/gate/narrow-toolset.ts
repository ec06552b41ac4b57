import type { ToolsetContents } from './toolset-contents.js'

/** The ids of the integrations that a toolset is limited to. */
export type PickedIntegrations = ReadonlySet<string>

/** Removes integrations that were not picked, and lists each of them as unavailable. */
export function narrow(contents: ToolsetContents, picked: PickedIntegrations | undefined): ToolsetContents {
  if (picked === undefined) return contents
  const others = rememberedOf(contents)
  const name = JSON.stringify([...picked].toSorted())
  const made = others.get(name) ?? narrowed(contents, picked)
  if (!others.has(name) && others.size >= maxRemembered) others.clear()
  others.set(name, made)
  return made
}

/** Cached as long as the original contents, so that the search index of their tools is reused. */
const remembered = new WeakMap<ToolsetContents, Map<string, ToolsetContents>>()
const maxRemembered = 20

function rememberedOf(contents: ToolsetContents): Map<string, ToolsetContents> {
  const known = remembered.get(contents) ?? new Map<string, ToolsetContents>()
  remembered.set(contents, known)
  return known
}

function narrowed({ tools, unavailable, stale }: ToolsetContents, picked: PickedIntegrations): ToolsetContents {
  const all = new Map([...tools, ...unavailable].map(({ integration }) => [integration.id, integration]))
  const left = [...all.values()].filter(({ id }) => !picked.has(id))
  return {
    tools: tools.filter(({ integration }) => picked.has(integration.id)),
    unavailable: [
      ...unavailable.filter(({ integration }) => picked.has(integration.id)),
      ...left.map((integration) => ({ integration, reason: 'not_picked' as const })),
    ],
    stale: stale.filter(({ integrationId }) => picked.has(integrationId)),
  }
}
