// Decisions that hold until a call leaves, and calls that are sent once.
import { slow } from '../support/mutation.mjs'
const admit = 'src/registry/gate/admit.ts'
const live = 'src/mcp/live-connection.ts'
const sessionCheck = 'src/mcp/session-check.ts'
const aging = 'test/registry/aging.test.ts'
const agingOAuth = 'test/registry/aging-oauth.test.ts'
const takenAgents = 'test/registry/taken-agents.test.ts'
const sentOnce = 'test/mcp/sent-once.test.ts'

export default [
  {
    without: 'a second decision of a call that waited for a place',
    edits: [
      { file: admit, search: 'else if (waited) await recheckClaimed', replace: 'else if (false) await recheckClaimed' },
    ],
    test: aging,
    named: 'it waited for a place',
  },
  {
    without: 'a second decision of a call that waited for a connection',
    edits: [
      { file: admit, search: 'else if (waited) await recheckClaimed', replace: 'else if (false) await recheckClaimed' },
    ],
    test: aging,
    named: 'it waited for a connection',
  },
  {
    without: 'a second decision of a call that waited for its token',
    edits: [
      {
        file: 'src/oauth/authorized-fetch.ts',
        search: 'init, first.token, first.waited)',
        replace: 'init, first.token)',
      },
    ],
    test: agingOAuth,
    named: 'a call that waits for its token',
  },
  {
    without: 'a second look at an approval whose call waited',
    edits: [{ file: admit, search: 'if (waited) await redeemAgain', replace: 'if (false) await redeemAgain' }],
    test: aging,
    named: 'an approval whose call waits for a place',
  },
  slow({
    without: 'what says whether a call that was given up has left',
    edits: [{ file: live, search: '() => hasLeft,', replace: '() => true,' }],
    test: agingOAuth,
    named: 'a call that is given up while it waits',
  }),
  {
    without: 'the refusal of a token as proof that a call has not run',
    edits: [{ file: 'src/oauth/authorized-fetch.ts', search: 'init.onRefused?.()', replace: '' }],
    test: agingOAuth,
    named: 'because the server refused the first',
  },
  {
    without: 'a look at whether a call to a local server was given up',
    edits: [
      {
        file: 'src/mcp/guarded-transport.ts',
        search: 'if (!this.#exchanges.has(id)) throw',
        replace: 'if (false) throw',
      },
    ],
    test: 'test/mcp/older-transports.test.ts',
    named: 'given up during its last check',
  },
  {
    without: 'the versions that the commit of an approval relies on',
    edits: [{ file: admit, search: '[...change.writes!, ...call.relied()]', replace: '[...change.writes!]' }],
    test: aging,
    named: 'changes at that very moment',
  },
  {
    without: 'the versions that a second sending under an approval relies on',
    edits: [{ file: admit, search: 'if (claimed === undefined) return', replace: 'return' }],
    test: agingOAuth,
    named: 'refused for its token',
  },
  {
    without: 'a fresh tool list before an old approval is used',
    edits: [
      {
        file: 'src/registry/gate/send-call.ts',
        search: 'approval === undefined ? permitted :',
        replace: 'true ? permitted :',
      },
    ],
    test: aging,
    named: 'is superseded when the server changed the tool',
  },
  {
    without: 'a bound on how often an approval comes back',
    edits: [
      { file: 'src/registry/gate/conclude.ts', search: 'const maxReturns = 3', replace: 'const maxReturns = 1e9' },
    ],
    test: aging,
    named: 'at most three times',
  },
  {
    without: 'an approval that a definite answer uses up',
    edits: [
      {
        file: 'src/registry/gate/conclude.ts',
        search: "isDefiniteRefusal(error) ? 'finished' : 'approved'",
        replace: "'approved'",
      },
    ],
    test: aging,
    named: 'is sent once, and its approval',
  },
  {
    without: 'a sign of life before a session counts as lost',
    edits: [
      {
        file: sessionCheck,
        search: 'await clock.race(open.profile',
        replace: 'return true\n    await clock.race(open.profile',
      },
    ],
    test: sentOnce,
    named: 'shows a sign of life',
  },
  {
    without: 'a call that is not repeated when the same revision is agreed on',
    edits: [{ file: live, search: "&& agreesAgain && (era === 'modern'", replace: "&& false && (era === 'modern'" }],
    test: sentOnce,
    named: 'though the server is found again',
  },
  {
    without: 'a call that is not repeated when its revision was refused for no reason',
    edits: [{ file: live, search: '|| saysAnotherRevision(failure)))', replace: '|| false))' }],
    test: sentOnce,
    named: 'with JSON-RPC error -32022',
  },
  {
    without: 'a call that is not repeated when it may have run',
    edits: [{ file: live, search: "'call' && mayHaveBegun(failure)", replace: "'call' && false" }],
    test: sentOnce,
    named: 'a call that may have run',
  },
  {
    without: 'ids of requests that differ between processes in one session',
    edits: [
      {
        file: 'src/mcp/plain-requests.ts',
        search: '1_000_000_000 + Math.floor(Math.random() * 1_000_000_000)',
        replace: '1_000_000_000',
      },
    ],
    test: 'test/mcp/opening.test.ts',
    named: 'each gets its own response',
  },
  {
    without: 'the last decision of a call over HTTP+SSE',
    edits: [
      {
        file: 'src/mcp/server-fetch.ts',
        search: "transport === 'sse' ? requestIn(init, options) : find(",
        replace: 'find(',
      },
    ],
    test: 'test/registry/every-transport.test.ts',
    named: 'over HTTP+SSE an approval lets one call through',
  },
  {
    without: 'the second decision of a call over HTTP+SSE',
    edits: [
      {
        file: 'src/mcp/server-fetch.ts',
        search: "transport === 'sse' ? requestIn(init, options) : find(",
        replace: 'find(',
      },
    ],
    test: 'test/registry/every-transport.test.ts',
    named: 'over HTTP+SSE a call that waited',
  },
  {
    without: 'the last decision of a call to a local process',
    edits: [
      {
        file: 'src/mcp/guarded-transport.ts',
        search: 'if (this.#options.unread) await sending',
        replace: 'if (false) await sending',
      },
    ],
    test: 'test/registry/every-transport.test.ts',
    named: 'over a local process',
  },
  {
    without: 'a look at the host’s agents at each call',
    edits: [
      {
        file: 'src/registry/gate/resolve-tool.ts',
        search: 'if (context.agents.listed === undefined) await mustBeKnown',
        replace: 'if (false) await mustBeKnown',
      },
    ],
    test: takenAgents,
    named: 'sends no call that waited for a place',
  },
  {
    without: 'the end of what was remembered for an agent that loses an integration',
    edits: [{ file: 'src/registry/settings/edit.ts', search: 'if (agentsTaken.length > 0)', replace: 'if (false)' }],
    test: takenAgents,
    named: 'an agent that loses the integration',
  },
  {
    without: 'the end of what was remembered for an agent that loses a tool',
    edits: [
      { file: 'src/registry/settings/configure-tools.ts', search: 'if (limited.size > 0)', replace: 'if (false)' },
    ],
    test: takenAgents,
    named: 'an agent that loses the tool',
  },
]
