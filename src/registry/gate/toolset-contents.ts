import { frozen } from '../../model/frozen.js'
import type { ToolsetTool, UnavailableTool } from '../../model/toolset.js'
import type { ApprovalVerdict } from '../../policy/approval-rule.js'
import { filterTools } from '../../policy/tool-filter.js'
import { hostVerdict, verdictOn } from './assess-tool.js'
import { loadParts, type IntegrationPart, type ToolPart, type ToolsetParts } from './toolset-parts.js'
import { actingAs, type Context } from '../state/context.js'
import type { CheckedActor } from '../../model/actor.js'
import { catalogueVersions } from '../state/catalogue-versions.js'
import type { Target } from '../state/target.js'

/** What one agent may call now for one actor, and what is missing from it and why. */
export interface ToolsetContents {
  readonly tools: readonly ToolsetTool[]
  readonly unavailable: readonly UnavailableTool[]
  /** Integrations whose tool list is missing or old: to be listed again behind the answer. */
  readonly stale: readonly Target[]
}

/** Builds toolsets from what is stored, and remembers them until something they are made of changes. */
export interface ToolsetBuilder {
  build(actor: CheckedActor, agentId: string, conversationId: string | undefined): Promise<ToolsetContents>
  /** Ends listening to the storage. */
  close(): void
}

const rememberedToolsets = 1000

/** A toolset that was built, and how long it is good. */
interface Remembered {
  readonly version: string | undefined
  readonly until: number
  readonly contents: (conversationId: string | undefined) => ToolsetContents
}

export function toolsetBuilder(context: Context): ToolsetBuilder {
  const remembered = new Map<string, Remembered>()
  const catalogues = catalogueVersions(context)
  return {
    async build(actor, agentId, conversationId) {
      const name = JSON.stringify([actor.workspaceId, actor.userId, actor.role, agentId])
      const { version, now } = catalogues.known(actor.workspaceId) ?? (await catalogues.read(actor.workspaceId))
      const before = remembered.get(name)
      if (before !== undefined && before.version === version && now < before.until)
        return before.contents(conversationId)
      const parts = await loadParts(actingAs(context, actor), agentId, now)
      const contents = contentsOf(context, parts)
      const first = contents(conversationId)
      if (remembered.size >= rememberedToolsets) remembered.delete(remembered.keys().next().value!)
      remembered.delete(name)
      remembered.set(name, { version, until: nextBuildAt(first, now), contents })
      return first
    },
    close: () => catalogues.close(),
  }
}

/** The toolset of these parts. A host's policy may look at the conversation, and change its mind: it is asked each time. */
function contentsOf(
  context: Context,
  { integrations, stale }: ToolsetParts,
): (conversationId: string | undefined) => ToolsetContents {
  const judges = integrations.map(({ tools }) => tools.map((part) => judgeOf(context, part)))
  let made: ToolsetContents | undefined
  return (conversationId) => {
    let isSame = made !== undefined
    for (const each of judges) for (const judge of each) isSame = !judge.asks(conversationId) && isSame
    if (made !== undefined && isSame) return made
    const found = integrations.map((part, n) =>
      assembled(
        part,
        judges[n]!.map(({ verdict }) => verdict()),
      ),
    )
    made = {
      tools: frozen(found.flatMap(({ tools }) => tools)),
      unavailable: frozen(found.flatMap(({ unavailable }) => unavailable)),
      stale,
    }
    return made
  }
}

/** Asks the host's policy about one tool. */
interface Judge {
  /** @returns whether the verdict is another than before */
  asks(conversationId: string | undefined): boolean
  verdict(): ApprovalVerdict
}

function judgeOf(context: Context, { subject, standing }: ToolPart): Judge {
  let last: unknown
  let verdict = verdictOn(context, subject, standing, { policy: undefined })
  const hasPolicy = context.options.approvals.policy !== undefined
  return {
    asks(conversationId) {
      if (!hasPolicy) return false
      const answer = hostVerdict(context, { ...subject, conversationId }, standing.label)
      if (isSameAnswer(answer, last)) return false
      last = answer
      verdict = verdictOn(context, subject, standing, { policy: answer })
      return true
    },
    verdict: () => verdict,
  }
}

/** A policy's answer comes from code that we don't know: one that can't be read is never the same. */
function isSameAnswer(answer: unknown, last: unknown): boolean {
  if (answer === undefined || last === undefined) return answer === last
  try {
    const one = answer as { readonly mode: unknown; readonly rule: unknown }
    const other = last as { readonly mode: unknown; readonly rule: unknown }
    return one.mode === other.mode && one.rule === other.rule
  } catch {
    return false
  }
}

function assembled(
  { integration, filter, tools }: IntegrationPart,
  verdicts: readonly ApprovalVerdict[],
): Pick<ToolsetContents, 'tools' | 'unavailable'> {
  const { usable, unavailable } = filterTools({
    ...filter,
    tools: tools.map((part, n) => ({ ...part.filter, verdict: verdicts[n]! })),
  })
  return {
    unavailable: unavailable.map((missing) => ({ integration, ...missing })),
    tools: tools.flatMap(({ subject, standing: { label, mode }, definition }, n) => {
      const { mode: resolved, rule } = verdicts[n]!
      if (definition === undefined || !usable.has(subject.tool.definition.name)) return []
      return {
        modelName: subject.tool.modelName(subject.record.handle),
        name: definition.name,
        title: definition.title,
        description: definition.description,
        inputSchema: definition.inputSchema,
        outputSchema: definition.outputSchema,
        label,
        approval: { mode, resolved: resolved === 'auto' ? ('auto' as const) : ('ask' as const), rule },
        integration,
      }
    }),
  }
}

function nextBuildAt({ tools, stale }: ToolsetContents, now: number): number {
  return now + (stale.length > 0 || tools.length === 0 ? 1000 : 60_000)
}
