// The Agents SDK asks, and its state goes on in another process:
// node scripts/run.mjs --lane node-20 examples/loops/frameworks/openai-agents.ts
// #region imports
import { Agent, run, RunState, setTracingDisabled, type Model } from '@openai/agents-core'
import type { Toolset } from 'mcp-integrations'
import { openaiAgentsTools } from 'mcp-integrations/openai-agents'
// #endregion
import { ScriptedModel } from '../../../test/bridges/frameworks/agents-model.js'
import { decide, tell } from '../story.js'

setTracingDisabled(true)

// #region agent
function makeAgent(toolset: Toolset, model: Model) {
  return new Agent({ name: 'Assistant', model, tools: openaiAgentsTools(toolset, { approval: 'native' }) })
}
// #endregion

await tell('openai-agents', {
  asks: 'framework',
  async begin(toolset, steps) {
    const model = new ScriptedModel(steps)
    // #region begin
    const result = await run(makeAgent(toolset, model), 'Tidy my notes.')
    const stored = result.state.toString() // with result.interruptions, for the person
    // #endregion
    return stored
  },
  async goOn(toolset, stored: string, steps) {
    const model = new ScriptedModel(steps)
    // #region resume
    const agent = makeAgent(toolset, model)
    const state = await RunState.fromString(agent, stored)
    for (const item of state.getInterruptions()) {
      const { approved, reason } = decide(item.rawItem)
      if (approved) state.approve(item)
      else state.reject(item, { message: reason })
    }
    const resumed = await run(agent, state)
    // #endregion
    const last = await run(agent, [...resumed.history, { role: 'user', content: 'And the other?' }])
    return last.history.map((item) => JSON.stringify(item))
  },
})
