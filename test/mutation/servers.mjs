// Work that a server starts, what people share at one server, and smaller ways in.
import { mutation, slow } from '../support/mutation.mjs'

const shared = 'src/registry/settings/shared-registration.ts'
const turns = 'src/registry/settings/registration-turn.ts'
const registrations = 'test/registry/shared-registration.test.ts'
const approvalLists = 'test/registry/approval-lists.test.ts'
const pending = 'src/registry/gate/pending-approvals.ts'
const definition = 'src/policy/tool-definition.ts'
const definitions = 'test/policy/tool-definition.test.ts'

export default [
  mutation(
    'a pause before an old list that failed is requested again',
    'src/registry/settings/after-pauses.ts',
    ['if (last !== undefined && passed >= 0 && passed < last.pauseMs) return', ''],
    ['test/registry/tool-lists.test.ts', 'is requested less and less often while its server fails'],
  ),
  slow(
    mutation(
      'an end of the wait for a local server that has closed its input and writes on',
      'src/local/stdio-transport.ts',
      [' && waits < mostWaits', ''],
      ['test/local/ending.test.ts', 'an input that is closed, and lines without end'],
    ),
  ),
  mutation(
    'records read again once they have expired',
    'src/registry/state/reported-records.ts',
    ['if (record?.expiresAt === undefined) known.set', 'if (record !== null) known.set'],
    ['test/registry/toolset-memo.test.ts', 'are known without a read'],
  ),
  // Registrations
  slow(
    mutation(
      'the end of a local server that has closed its output',
      'src/local/stdio-transport.ts',
      ["    started.stdout?.once('end', () => void closeOnceSilent())\n", ''],
      ['test/local/ending.test.ts', 'is not used again, once it has closed its output'],
    ),
  ),
  slow(
    mutation(
      'the end of a local server that has closed its input',
      'src/local/stdio-transport.ts',
      ["    started.stdin?.once('error', () => void closeOnceSilent())\n", ''],
      ['test/local/ending.test.ts', 'is not used again: an input that is closed'],
    ),
  ),
  mutation(
    'one failed registration for all who waited for it',
    shared,
    ["if (!isIntegrationError(error) || error.code !== 'aborted') throw error", 'void error'],
    [registrations, 'is asked for once by all who wait for it'],
  ),
  {
    without: 'one registration for all who need it at once, which two checks guard',
    edits: [
      { file: shared, search: '(running = context.registering.get(key))', replace: '(running = undefined as any)' },
      { file: turns, search: 'if (begun === false) return undefined', replace: 'if (begun === false) return () => {}' },
    ],
    test: registrations,
    named: 'is one for all integrations',
  },
  mutation(
    'turns of processes that need one registration',
    turns,
    ['if (begun === false) return undefined', 'if (begun === false) return () => {}'],
    [registrations, 'is made once'],
  ),
  slow(
    mutation(
      'an end of the turn of a crashed process',
      turns,
      ['expiresAt: now + turnMs', 'expiresAt: undefined'],
      [registrations, 'is made by the other one when the first crashes'],
    ),
  ),
  mutation(
    'a search of what another process registered again',
    shared,
    ['again === undefined || at > again.after', 'again === undefined'],
    [registrations, 'is made once again where the one before led nowhere'],
  ),
  mutation(
    'a registration that is found by who comes later',
    shared,
    ['if (again === undefined || at > again.after) found.push', 'if (again !== undefined) found.push'],
    [registrations, 'is one for all integrations'],
  ),
  {
    without: 'a registration for each redirect URI, which two checks guard',
    edits: [
      { file: shared, search: 'sha256Hex(`${issuer}\\n${redirectUri}`)', replace: 'sha256Hex(issuer)' },
      {
        file: 'src/oauth/client-registration.ts',
        search: ' && client.redirectUri === redirectUri',
        replace: '',
      },
    ],
    test: registrations,
    named: 'is no other redirect URI’s',
  },
  {
    without: 'a registration for each authorization server, which two checks guard',
    edits: [
      { file: shared, search: 'sha256Hex(`${issuer}\\n${redirectUri}`)', replace: "sha256Hex('one')" },
      {
        file: 'src/oauth/client-registration.ts',
        search: ' && client.issuer === issuer && client.redirectUri === redirectUri',
        replace: '',
      },
    ],
    test: registrations,
    named: 'no other authorization server',
  },
  mutation(
    'a refusal of registrations with foreign redirect URIs',
    'src/oauth/client-registration.ts',
    [' || isUnusable || isForeign', ' || isUnusable'],
    ['test/field/oauth/registration.test.ts', 'a client with foreign redirect URIs'],
  ),

  // News and floods
  mutation(
    'a pause between two notices',
    'src/mcp/news-pace.ts',
    ["else if (this.#state === 'waiting') this.#hasNews = true", "else if (this.#state === 'waiting') this.#passOn()"],
    ['test/mcp/news-pace.test.ts', 'is passed on ever less often'],
  ),
  mutation(
    'a pause that grows while news keeps coming',
    'src/mcp/news-pace.ts',
    ['Math.min(2 * this.#intervalMs, maxMs)', 'minMs'],
    ['test/mcp/news-pace.test.ts', 'is passed on ever less often'],
  ),
  mutation(
    'the last notice',
    'src/mcp/news-pace.ts',
    ["if (this.#hasNews) this.#next('waiting')", 'if (false) return'],
    ['test/mcp/news-pace.test.ts', 'is passed on ever less often'],
  ),
  mutation(
    'a pace of the notices of a connection',
    'src/mcp/live-connection.ts',
    [': () => this.#news.news()', ': onToolsChanged'],
    ['test/mcp/list-changes.test.ts', 'are told at a pace that slows down'],
  ),
  mutation(
    'a higher price of messages that must be answered',
    'src/mcp/flood-gate.ts',
    ['const unitsOfRequest = 10', 'const unitsOfRequest = 1'],
    ['test/mcp/floods.test.ts', 'admits fewer requests'],
  ),
  mutation(
    'the end of a stream that floods',
    'src/mcp/flood-gate.ts',
    ['    this.#onFlood()\n    throw flooded()', '    this.#onFlood()'],
    ['test/mcp/floods.test.ts', 'is distinguished from a long stream'],
  ),
  mutation(
    'a lower limit after a flood',
    'src/mcp/flood-gate.ts',
    ['isKnown ? burstAfterFlood : atOnce', 'atOnce'],
    ['test/mcp/floods.test.ts', 'admits less on the next stream'],
  ),

  // Places
  mutation(
    'a place that is left for others',
    'src/mcp/fair-places.ts',
    ['const maxShare = 3 / 4', 'const maxShare = 1'],
    ['test/mcp/fair-places.test.ts', 'are left to others'],
  ),
  mutation(
    'a turn for whoever holds fewest',
    'src/mcp/fair-places.ts',
    ['this.#heldBy(one) < this.#heldBy(best) ? one : best', 'best'],
    ['test/mcp/fair-places.test.ts', 'of those who could take one'],
  ),
  mutation(
    'places that the people of an integration share',
    'src/registry/servers/use-server.ts',
    ['isForSeveral ? target.userId : undefined', 'undefined'],
    ['test/registry/shared-places.test.ts'],
  ),

  // Pending approvals
  mutation(
    'an index of pending approvals',
    pending,
    ['prefixes.pending(userId)', 'prefixes.asked(userId)'],
    ['test/registry/approvals.test.ts', 'make room when they are decided'],
  ),
  mutation(
    'a limit of pending approvals for each agent',
    pending,
    ['ofAgent >= maxPendingPerAgent', 'false'],
    [approvalLists, 'are kept for the other agents'],
  ),
  mutation(
    'one pending approval for an agent without any',
    pending,
    ['pending.length >= maxPendingPerUser && ofAgent > 0', 'pending.length >= maxPendingPerUser'],
    [approvalLists, 'are one for an agent that has none'],
  ),
  mutation(
    'a bound of the arguments on a page of approvals',
    'src/registry/gate/list-approvals.ts',
    [' || characters > maxCharacters', ''],
    [approvalLists, 'ends a page of long arguments early'],
  ),

  // Small ones
  mutation(
    'denied hosts that are compared as addresses',
    'src/egress/url-policy.ts',
    ['if (isDeniedAddress(ip, options)) throw deniedHost(ip)', ''],
    ['test/egress/url-policy.test.ts', 'denied'],
  ),
  mutation(
    'scopes that are scope tokens',
    'src/oauth/scopes.ts',
    ["typeof value === 'string' && scopeToken.test(value)", "typeof value === 'string'"],
    ['test/oauth/scopes.test.ts', 'are left out if they are none'],
  ),
  mutation(
    'a bound of the scopes of one challenge',
    'src/oauth/scopes.ts',
    ['const maxScopes = 200', 'const maxScopes = 200_000'],
    ['test/oauth/scopes.test.ts', '200 at most'],
  ),
  mutation(
    'scopes without the secrets that were sent',
    'src/oauth/authorized-fetch.ts',
    ['withoutSecretScopes(challenge.scopes, sent)', 'challenge.scopes'],
    ['test/field/oauth/forbidden.test.ts', 'a scope that is the token itself'],
  ),
  mutation(
    'errors that repeat no wrong header name',
    'src/model/parse.ts',
    ['(isWrongKey ? issue.path.slice(0, -1) : issue.path)', 'issue.path'],
    ['test/registry/connecting.test.ts', 'a header name that HTTP forbids'],
  ),
  mutation(
    'a pace at which streams are resumed',
    'src/mcp/open-transport.ts',
    ['clampDelay(gates.pauseBeforeResuming(delay))', 'clampDelay(delay)'],
    ['test/mcp/floods.test.ts', 'is resumed ten times, and then once per second'],
  ),
  mutation(
    'a lower limit of streams that are resumed often',
    'src/mcp/flood-gate.ts',
    ['this.#resuming.isLimited ? perSecond : burst', 'burst'],
    ['test/mcp/floods.test.ts', 'has no more messages than a stream that lasts'],
  ),
  mutation(
    'a bound of how often a person starts to sign in',
    'src/registry/settings/sign-in.ts',
    ['context.signIns.count(context.actor)', ''],
    ['test/registry/sign-in.test.ts', 'one person can’t start to sign in without end'],
  ),
  slow(
    mutation(
      'an end of the wait for a connection when its caller gives up',
      'src/mcp/connection-pool.ts',
      ['return await race(opening, { signal,', 'return await race(opening, { signal: undefined,'],
      ['test/mcp/connection-pool.test.ts', 'lets an aborted caller go while its connection opens'],
    ),
  ),
  mutation(
    'a pause of a server that ends although the clock was set back',
    'src/mcp/breaker.ts',
    ['return left > maxRequestedPauseMs ? 0 : left', 'return left'],
    ['test/mcp/connection-pool.test.ts', 'is tried again when the clock was set back'],
  ),
  mutation(
    'a bound of the rounds of one call',
    'src/mcp/connect-client.ts',
    ['maxRounds: 5', 'maxRounds: 10'],
    ['test/mcp/elicitation.test.ts', 'may be asked five times'],
  ),
  mutation(
    'task support in the hash of a definition',
    definition,
    ["typeof taskSupport === 'string' && taskSupport !== '' ? { taskSupport } : undefined", 'undefined'],
    [definitions, 'includes members that have an effect'],
  ),
  mutation(
    'a hash without how a tool runs where that has a wrong type',
    definition,
    ["typeof taskSupport === 'string' && taskSupport !== ''", 'taskSupport !== undefined'],
    [definitions, 'where a server may say how a tool runs'],
  ),
  mutation(
    'a hash without who a tool is for where that has a wrong type',
    definition,
    ['Array.isArray(visibility) ?', 'visibility !== undefined ?'],
    [definitions, 'where a server may say who a tool is for'],
  ),
  mutation(
    'the visibility in the hash of a definition',
    definition,
    ['Array.isArray(visibility) ? { ui: { visibility } } : undefined', 'undefined'],
    [definitions, 'includes members that have an effect'],
  ),
  mutation(
    'a hash without the metadata that changes often',
    definition,
    ['Array.isArray(visibility) ? { ui: { visibility } } : undefined', 'definition._meta as JsonValue | undefined'],
    [definitions, 'ignores members that only the protocol needs'],
  ),
  mutation(
    'a hash to which empty and absent are the same',
    definition,
    ['value === null || Object.keys(value).length === 0', 'false'],
    [definitions, 'treats an empty field as absent'],
  ),
  mutation(
    'few series of a metric, whatever codes a server returns',
    'src/otel/open-telemetry.ts',
    ['...forMetrics(how)', '...how'],
    ['test/otel/open-telemetry.test.ts', 'makes few series of the metric'],
  ),
  mutation(
    'a handle that is found soon where very many are taken',
    'src/registry/settings/new-integration.ts',
    ['yield { first: 2, many: 20 }', 'yield* Array.from({ length: 9_999 }, (_, n) => ({ first: n + 2, many: 1 }))'],
    ['test/registry/many-of-one-name.test.ts', 'is connected as soon as another one'],
  ),
  {
    without: 'a look at whether a connection without users is about to be used',
    edits: [
      {
        file: 'src/mcp/pooled-connections.ts',
        search: 'if (live.isIdle) await',
        replace: 'if (live.users === 0) await',
      },
    ],
    test: 'test/mcp/connection-pool.test.ts',
    named: 'lets a new connection do its work when another replaces it',
  },
  {
    without: 'a look at whether a connection of a retired key is about to be used',
    edits: [
      {
        file: 'src/mcp/connection-pool.ts',
        search: 'if (live.isIdle) idle.push(live)',
        replace: 'if (live.users === 0) void live.connection.close({ endSession: true })',
      },
    ],
    test: 'test/mcp/connection-pool.test.ts',
    named: 'lets a new connection do its work when its keys are retired',
  },
  {
    without: 'the conflict of a check whose integration changes',
    edits: [
      {
        file: 'src/mcp/live-connection.ts',
        search: 'if (this.#replaced && isReset(failure)',
        replace: 'if (false && isReset(failure)',
      },
    ],
    test: 'test/mcp/connection-pool.test.ts',
    named: 'work that may not have run ends as a conflict',
  },
  mutation(
    'a wait for a pool that is being loaded, when the connections of an integration are closed',
    'src/mcp/pool-at-first-use.ts',
    ['if (isNeeded) await (await load()).closeKeys(prefix)', 'await made?.closeKeys(prefix)'],
    ['test/mcp/pool-at-first-use.test.ts', 'closeKeys() reaches those who wait'],
  ),
  mutation(
    'a wait for a pool that is being loaded, when the connections of an integration are retired',
    'src/mcp/pool-at-first-use.ts',
    ['if (isNeeded) await (await load()).retireKeys(prefix)', 'await made?.retireKeys(prefix)'],
    ['test/mcp/pool-at-first-use.test.ts', 'retireKeys() reaches those who wait'],
  ),
  mutation(
    'an end of a pool that is loaded after the registry was closed',
    'src/mcp/pool-at-first-use.ts',
    ['    if (isClosed) await made.close()\n', ''],
    ['test/mcp/pool-at-first-use.test.ts', 'is closed'],
  ),
]
