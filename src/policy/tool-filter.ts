import type { QuarantinedTool } from '../model/tool.js'
import type { UnavailableReason } from '../model/toolset.js'
import type { ApprovalVerdict } from './approval-rule.js'
import type { NotForModels } from './model-audience.js'

/** One integration for one agent. */
export interface FilterInput {
  readonly agentId: string
  readonly integration: {
    readonly enabled: boolean
    readonly agents: readonly string[]
    /** Whether the tools were ever listed for this person. */
    readonly listed: boolean
  }
  readonly tools: readonly {
    readonly name: string
    readonly enabled: boolean
    readonly agents: readonly string[] | undefined
    readonly verdict: ApprovalVerdict
    readonly notForModels?: NotForModels | undefined
  }[]
  readonly quarantined: readonly QuarantinedTool[]
}

/** The tools that the agent can call, and the missing ones with their reasons. */
export interface Filtered {
  /** The servers' names of the tools. */
  readonly usable: ReadonlySet<string>
  readonly unavailable: readonly {
    readonly name?: string | undefined
    readonly reason: UnavailableReason
    readonly rule?: string | undefined
  }[]
}

/** The tools of an integration that the agent can call: enabled, and not excluded by a setting, a review or a policy. */
export function filterTools({ agentId, integration, tools, quarantined }: FilterInput): Filtered {
  if (!integration.enabled) return nothing('integration_disabled')
  if (!integration.agents.includes(agentId)) return nothing('agent_not_allowed')
  if (!integration.listed) return nothing('not_connected')
  const usable = new Set<string>()
  const unavailable: Filtered['unavailable'][number][] = quarantined.map(({ name, reason }) => ({ name, reason }))
  for (const { name, enabled, agents, verdict, notForModels } of tools) {
    if (notForModels !== undefined) unavailable.push({ name, reason: notForModels })
    else if (!enabled) unavailable.push({ name, reason: 'tool_disabled' })
    else if (agents !== undefined && !agents.includes(agentId)) unavailable.push({ name, reason: 'tool_not_for_agent' })
    else if (verdict.mode === 'deny')
      unavailable.push({
        name,
        reason: verdict.rule === 'tool_held' ? 'held_for_review' : 'denied_by_policy',
        rule: verdict.rule,
      })
    else usable.add(name)
  }
  return { usable, unavailable }
}

function nothing(reason: UnavailableReason): Filtered {
  return { usable: new Set(), unavailable: [{ reason }] }
}
