// Bounds of the work that strangers cause, identities that are not confused, and the words of tools.
import { mutation, slow } from '../support/mutation.mjs'

const outputs = 'test/mcp/output-validation.test.ts'
const listing = 'test/mcp/tool-listing.test.ts'
const floods = 'test/mcp/floods.test.ts'
const changes = 'test/registry/tool-changes.test.ts'
const schemas = 'test/policy/schema-change.test.ts'
const definitions = 'test/policy/tool-definition.test.ts'
const listed = 'src/registry/state/listed-tool.ts'
const handedOut = 'test/registry/handed-out.test.ts'
const bound = 'test/registry/bound-secrets.test.ts'
const edited = 'test/registry/edited-records.test.ts'
const callbacks = 'test/oauth/authorization.test.ts'
const visible = 'test/model/visible-text.test.ts'
const ranking = 'test/policy/tool-ranking.test.ts'
const bridged = 'test/bridges/dear-schemas.test.ts'

const compare = 'src/policy/schema-change.ts'
const words = 'src/policy/accepted-words.ts'
const text = 'src/model/visible-text.ts'

export default [
  // Work
  mutation(
    'a budget for checking values to choose from',
    'src/mcp/output-validation.ts',
    ['const maxWork = 400_000', 'const maxWork = 40_000_000'],
    [outputs, 'gives up on long rows to choose from'],
  ),
  mutation(
    'a price for each of many types',
    'src/mcp/schema-check.ts',
    [
      'return type.some((one) => {\n      this.#work.spend()',
      'return type.some((one) => {\n      this.#work.spend(0.005)',
    ],
    [outputs, 'gives up on a long list of types'],
  ),
  mutation(
    'numbers to choose from as texts',
    'src/mcp/paid-reading.ts',
    ["typeof value === 'string' ? `\"${value}` : String(value)", 'value'],
    [outputs, 'of numbers to choose from does not depend on which they are'],
  ),
  mutation(
    'a price for the length of a reference',
    'src/mcp/schema-references.ts',
    ['* (1 + (ref.length >> 6))', ''],
    [outputs, 'of long references grows with their length'],
  ),
  slow(
    mutation(
      'a common budget for finding the fields that don’t fit',
      'src/registry/gate/check-arguments.ts',
      ['schemaFit(schema, value, work)', 'schemaFit(schema, value)'],
      ['test/registry/approvals.test.ts', 'are found in a bounded time, however dear'],
    ),
  ),
  mutation(
    'a price for each required name',
    compare,
    ['this.#work.spend(names.length)\n    return names.every', 'return names.every'],
    [schemas, 'is bounded with the names of many removed fields'],
  ),
  mutation(
    'a budget for comparing schemas',
    compare,
    ['const maxWork = 200_000', 'const maxWork = 200_000_000'],
    [schemas, 'is bounded with more than is compared'],
  ),
  mutation(
    'a bound of the candidates for a rename',
    'src/policy/tool-rename.ts',
    ['const maxWork = 400_000', 'const maxWork = 400_000_000'],
    [definitions, 'is not found if the search would cost too much'],
  ),
  mutation(
    'a price for the schemas that a rename is looked for by',
    'src/policy/tool-rename.ts',
    ['  work.spend(JSON.stringify(parts).length >> 1)\n', ''],
    [definitions, 'is not found among very large tools'],
  ),
  mutation(
    'a cut of long texts before they are read',
    'src/model/visible-text.ts',
    ['text.length <= maxLength && hidesNothing(text, kept)', 'hidesNothing(text, kept) && text.length <= maxLength'],
    [definitions, 'at a long path is shown'],
  ),
  mutation(
    'a bound of the differences that are compared',
    'src/policy/tool-difference.ts',
    ['const maxCompared = 500', 'const maxCompared = 500_000'],
    [definitions, 'is looked for among the first 500 places'],
  ),
  mutation(
    'a budget for a whole list',
    'src/mcp/tool-listing.ts',
    ['const maxWork = 600_000', 'const maxWork = 600_000_000'],
    [listing, 'that is one page of junk'],
  ),
  mutation(
    'a rate of the messages of a stream',
    'src/mcp/flood-gate.ts',
    ['    this.#left -= units\n', '    this.#left -= units / 1000\n'],
    [floods, 'of notifications is ended soon'],
  ),
  mutation(
    'a bound of the values of one answer',
    'src/model/json-limits.ts',
    ['const maxJsonValues = 400_000', 'const maxJsonValues = 400_000_000'],
    ['test/model/json-limits.test.ts', 'refuses very many'],
  ),
  {
    without: 'a share of the search index for each tool',
    edits: [
      { file: 'src/policy/tool-ranking.ts', search: 'most: 4_000', replace: 'most: 4_000_000' },
      {
        file: 'src/policy/tool-ranking.ts',
        search: 'const maxCharacters = 200_000',
        replace: 'const maxCharacters = 200_000_000',
      },
    ],
    test: ranking,
    named: 'takes a bounded time with very many words',
  },
  slow(
    mutation(
      'words of large scripts that are spelt for the search index',
      'src/policy/tool-ranking.ts',
      ['if (withAlphabet.test(word)) return word', 'return word'],
      [ranking, 'takes a bounded time with thousands of characters'],
    ),
  ),
  slow(
    mutation(
      'free names for arguments that are counted on',
      'src/bridges/schema-form.ts',
      ['    next.set(base, n)\n', ''],
      [bridged, 'argument names that differ only in characters to replace'],
    ),
  ),
  mutation(
    'a bound of the copies of parts that a schema refers to',
    'src/bridges/schema-references.ts',
    ['const maxCopied = 128 * 1024', 'const maxCopied = 128 * 1024 * 1024'],
    [bridged, 'does not grow by copies of nested parts'],
  ),
  mutation(
    'a limit of the schemas of one toolset',
    'src/bridges/model-schemas.ts',
    ['      if (size > left) return [tool, anyArguments]\n', ''],
    [bridged, 'take a bounded time together'],
  ),
  mutation(
    'schemas of small servers before those of large ones',
    'src/bridges/model-schemas.ts',
    ['(one, other) => ofServers', '(other, one) => ofServers'],
    [bridged, 'take a bounded time together'],
  ),
  mutation(
    'definitions read with pauses',
    'src/registry/gate/toolset-parts.ts',
    ['if (mustReadAhead(parts)) await readAhead(context, parts)', ''],
    ['test/registry/stored-lists.test.ts', 'of very many characters is read with pauses'],
  ),
  mutation(
    'a limit of rewriting one schema',
    'src/bridges/schema-form.ts',
    ['ofAny: 2_000,', 'ofAny: 2_000_000_000,'],
    [bridged, 'does not grow by the'],
  ),
  mutation(
    'a bound of sentences about alternatives',
    'src/bridges/merged-root.ts',
    ['const maxDescription = 10_000', 'const maxDescription = 10_000_000'],
    [bridged, 'does not grow by a sentence about alternatives'],
  ),
  mutation(
    'changes that are against what was accepted then',
    'src/registry/gate/assess-tool.ts',
    ['known.accepted === settings.accepted', 'true'],
    ['test/registry/tool-changes.test.ts', 'is held against what was accepted since for an account'],
  ),
  mutation(
    'a limit of the values of a body that is labelled as something else',
    'src/mcp/answer-body.ts',
    ["ofText(limitedJson(await new Response(body).text(), 'skip'))", 'ofText(await new Response(body).text())'],
    ['test/mcp/floods.test.ts', 'is refused before it is parsed'],
  ),
  mutation(
    'events that are labelled as JSON in pieces',
    'src/mcp/answer-body.ts',
    ['const pieceBytes = 16 * 1024', 'const pieceBytes = 16 * 1024 * 1024'],
    ['test/mcp/floods.test.ts', 'is ended soon also where events are labelled as JSON'],
  ),
  mutation(
    'a limit of the values of an event in any spelling',
    'src/mcp/event-stream.ts',
    ["return limitedJson(lines.join('\\n'), 'skip')", "return lines.join('\\n')"],
    ['test/mcp/floods.test.ts', 'is refused before it is parsed'],
  ),
  mutation(
    'tools that are skipped for their depth',
    'src/model/json-limits.ts',
    ["if (this.#skips) return 'replace'", ''],
    ['test/registry/tool-lists.test.ts', 'where one tool nests without end'],
  ),
  mutation(
    'a bound of the parts that a model reads',
    'src/policy/model-content.ts',
    ['const maxParts = 2_000', 'const maxParts = 2_000_000'],
    ['test/policy/model-content.test.ts', 'is told of very many blocks with links'],
  ),
  mutation(
    'a price for the JSON in texts of a result',
    'src/policy/repeated-content.ts',
    ['work.spend(json.length >> 2)', 'work.spend(json.length >> 20)'],
    ['test/policy/model-content.test.ts', 'text that is JSON of very many lists'],
  ),
  mutation(
    'a result through the gateway that clients accept',
    'src/gateway/gated-call.ts',
    ['validResult(outcome.result)', '(outcome.result)'],
    ['test/gateway/gated-call.test.ts', 'returns a result that every client accepts'],
  ),
  mutation(
    'a bound of the blocks that MCP clients get',
    'src/policy/valid-result.ts',
    ['const maxBlocks = 2_000', 'const maxBlocks = 2_000_000'],
    ['test/policy/valid-result.test.ts', 'names the number of blocks'],
  ),
  mutation(
    'a bound of the blocks of a result that are read',
    'src/mcp/tool-result.ts',
    ['const maxBlocks = 5_000', 'const maxBlocks = 5_000_000'],
    ['test/mcp/tool-result.test.ts', 'reads very many blocks'],
  ),

  // Identity
  mutation(
    'an escape of what marks a long id',
    'src/registry/state/keys.ts',
    [".replace(/_/g, '%5F')", ''],
    [handedOut, 'can’t be spelt by another person’s id'],
  ),
  mutation(
    'an encoding of ids in keys',
    'src/registry/state/keys.ts',
    ['encodeURIComponent(userId)', "userId.normalize('NFC')"],
    [handedOut, 'is one separate segment in every key'],
  ),
  {
    without: 'a freeze of the definitions that toolsets share',
    edits: [
      { file: listed, search: 'return frozen(this.#source)', replace: 'return this.#source' },
      { file: listed, search: 'frozen(shownDefinition(this.definition))', replace: 'shownDefinition(this.definition)' },
    ],
    test: handedOut,
    named: 'can be modified without changing',
  },
  mutation(
    'a copy of the catalogue that a host passes in',
    'src/registry/state/host-lists.ts',
    [': plainCopy(connector)', ': connector'],
    [handedOut, 'keeps what a host passed in'],
  ),
  mutation(
    'a redirect URI for each authorization server',
    'src/oauth/environment.ts',
    ['return `${template}${template.includes', 'return template\n  return `${template}${template.includes'],
    ['test/field/oauth/mix-up.test.ts', 'gets no code'],
  ),
  mutation(
    'a refusal of two authorization servers at one redirect URI',
    'src/registry/settings/shared-redirect.ts',
    ['if (!(mine.byHost && other.byHost)) return true', ''],
    ['test/field/oauth/mix-up.test.ts', 'are refused for a second issuer'],
  ),
  mutation(
    'a refusal of one of two sign-ins that got one redirect URI at the same moment',
    'src/registry/settings/finish-connect.ts',
    ['await refuseLateMixUp(context, { workspaceId: actor.workspaceId, integrationId })', ''],
    ['test/field/oauth/mix-up.test.ts', 'gives no code to one of two'],
  ),
  // Records that somebody edited
  mutation(
    'a check of the records that are read',
    'src/registry/state/read-record.ts',
    ['if (!isReadable(record)) throw unreadable(record)', ''],
    [edited, 'is left out of lists and toolsets'],
  ),
  mutation(
    'a list without what can’t be read',
    'src/registry/state/read-record.ts',
    ['if (!isUnreadable(error)) throw error', 'throw error'],
    [edited, 'is left out of lists and toolsets'],
  ),
  mutation(
    'a removal of what can’t be read',
    'src/registry/settings/remove-unreadable.ts',
    ["role === 'admin' && isUnreadable(error)", 'role === undefined && isUnreadable(error)'],
    [edited, 'can be removed by an admin'],
  ),
  mutation(
    'admins alone removing what can’t be read',
    'src/registry/settings/remove-unreadable.ts',
    ["role === 'admin' && isUnreadable(error)", 'isUnreadable(error)'],
    [edited, 'can be removed by an admin'],
  ),
  mutation(
    'a check of the credential that is read',
    'src/oauth/credential-record.ts',
    ['return isCredential(value) ?', 'return value !== undefined ?'],
    [edited, 'is none, until the person signs in again'],
  ),
  mutation(
    'the path of a callback',
    'src/oauth/callback-url.ts',
    ["return isEnd ? undefined : 'url'", 'return undefined'],
    [callbacks, 'that arrives at another path'],
  ),
  mutation(
    'the place of the mark of an authorization server',
    'src/oauth/callback-url.ts',
    ["if (marked >= 0 && expected[marked] !== arrived.at(marked - expected.length)) return 'issuer'", ''],
    [callbacks, 'without the segment of its mark'],
  ),
  mutation(
    'the origin inside of sealed values',
    'src/registry/servers/bound-secrets.ts',
    ['if (opened.slice(0, end) !== bound.origin)', 'if (end < 0)'],
    [bound, 'url and every origin beside it'],
  ),
  mutation(
    'a check of whom a sign-in under way is for',
    'src/registry/settings/keep-credential.ts',
    ['signIn.owner === (perUser ? ownerKey(context.actor.userId) : sharedOwner) &&', ''],
    [bound, 'gives the account of one person to no other one'],
  ),

  // Words
  mutation(
    'accepted words for models',
    'src/registry/gate/accepted-words.ts',
    ['inAcceptedWords(tool.definition, accepted[n])', 'tool.definition'],
    [changes, 'reach no model before they are accepted'],
  ),
  mutation(
    'a look at the data of a schema for new texts',
    words,
    ['&& this.#isAccepted(value) ? value', '? value'],
    [changes, 'reach no model from any place'],
  ),
  mutation(
    'a look at the names of a schema for new texts',
    words,
    ['const isKept = (name: string): boolean =>', 'const isKept = (name: string): boolean => name !== undefined ||'],
    [changes, 'reach no model from any place'],
  ),
  mutation(
    'a hold of words that changed',
    'src/policy/approval-rule.ts',
    ["if (holds && (review || input.change === 'reworded'))", 'if (holds && review)'],
    [changes, 'are held where changes are held'],
  ),
  mutation(
    'required fields that nobody knew',
    compare,
    ['if ([...fresh].some((name) => !old.has(name) && !declares(before, name))) return widened', ''],
    [schemas, 'is wider where a field that nobody knew must now be given'],
  ),
  mutation(
    'names of fields in propertyNames',
    compare,
    ['return this.#mentions(is, naming) ? widened : this.#compare(was, is)', 'return this.#compare(was, is)'],
    [schemas, 'is the only name'],
  ),
  mutation(
    'definitions that are gone and still used',
    compare,
    ['else changes |= this.#references.has(name) ? widened : reworded', 'else changes |= reworded'],
    [schemas, 'a definition that is gone and still used'],
  ),
  mutation(
    'definitions of names that name a field',
    'src/policy/schema-keywords.ts',
    ["  'propertyNames',\n  'dependentSchemas',", "  'dependentSchemas',"],
    [schemas, 'a definition of names that names a field'],
  ),
  mutation(
    'a setting that lapses with a new name',
    'src/registry/settings/accept-tools.ts',
    ["(approval === 'ask' ? approval : undefined)", 'approval'],
    [changes, 'nothing that loosens'],
  ),
  mutation(
    'tools that exchanged names',
    'src/registry/settings/classify-changes.ts',
    ['|| left <= 0 || swaps.has(name))', '|| left <= 0)'],
    [changes, 'asks when it exchanges names'],
  ),
  mutation(
    'escapes of hidden characters',
    text,
    ['if (!hidden.test(character)) return false', 'if (character !== undefined) return false'],
    [visible, 'is shown as'],
  ),
  mutation(
    'joiners only where a script joins',
    text,
    ['(joinsLetter.test(before) && isJoinedLetter.test(after))', '(/\\p{L}/u.test(before) && /\\p{L}/u.test(after))'],
    [visible, 'is shown as'],
  ),
  mutation(
    'a bound of the variants of Han characters',
    text,
    [' || hasManyVariants(text, at)', ''],
    [visible, 'is shown as'],
  ),
  mutation(
    'a bound of the marks on a letter',
    text,
    ['if (mark.test(character) && isPiled(text, at)) return true', ''],
    [visible, 'is shown as'],
  ),
  mutation(
    'visible words of keywords that JSON Schema doesn’t have',
    'src/model/visible-schema.ts',
    ['if (withEffect.has(key)) return value', "if (key !== 'title' && key !== 'description') return value"],
    ['test/policy/shown-definition.test.ts', 'a keyword of editors'],
  ),
  mutation(
    'visible words of tools',
    listed,
    ['frozen(shownDefinition(this.definition))', 'frozen(this.definition)'],
    [changes, 'hide nothing from the people and models'],
  ),
  mutation(
    'visible reasons of denials',
    'src/model/input.ts',
    ['.transform((text) => visibleText(text))', ''],
    ['test/registry/hidden-text.test.ts', 'from models'],
  ),
]
