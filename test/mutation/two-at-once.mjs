// What two processes do at the same moment.
import { mutation } from '../support/mutation.mjs'

const test = 'test/registry/two-at-once.test.ts'
const own = 'src/registry/settings/own-credential.ts'
const keep = 'src/registry/settings/keep-credential.ts'
const refresh = 'test/oauth/refresh.test.ts'
const start = 'src/registry/settings/start-sign-in.ts'

export default [
  mutation(
    'an end of the status in the commit that signs out',
    own,
    ['writes: [{ key: keys.status(id, owner), value: undefined }],\n', ''],
    [test, 'leaves no tokens of a person who signs out meanwhile'],
  ),
  mutation(
    'an end of the status in the commit that forgets a credential',
    'src/registry/operations/forget.ts',
    ['{ workspaceId, integrationId: id, owner }, withStatus)', '{ workspaceId, integrationId: id, owner })'],
    [test, 'leaves no tokens of a person who is forgotten meanwhile'],
  ),
  mutation(
    'an end of the sign-ins of a forgotten person before the credentials',
    'src/registry/operations/forget.ts',
    ['  await endSignIns(context, workspaceId, (flow) => flow.userId === userId)\n', ''],
    [test, 'leaves none, either, of a person who is forgotten'],
  ),
  mutation(
    'a look at the account that a sign-in replaces, when it is stored',
    keep,
    // The one that was stored when the sign-in began to be stored.
    [
      'const old = readCredential(records[2]?.value)',
      'const old = (mayProvide.old ??= readCredential(records[2]?.value))',
    ],
    [test, 'with different accounts end the approvals'],
  ),
  mutation(
    'a new revision for the first sign-in after signing out',
    keep,
    ['(moved || old === undefined)', 'moved'],
    [test, 'is not used with the next account'],
  ),
  mutation(
    'a look at the right to reconnect when a sign-in is stored',
    start,
    ['|| !mayProvide(context, wanted, stored.value)', ''],
    [test, 'gives the new owner nothing of the former one'],
  ),
  mutation(
    'a look at the integration when header values of a person are stored',
    own,
    ['        { key: keys.integration(id), ifVersion: version, check: true },\n', ''],
    [test, 'stores no header values of a person'],
  ),
  mutation(
    'a look at the server that secrets were given for',
    'src/registry/settings/given-for.ts',
    ['if (originOf(record) !== given)', 'if (false)'],
    [test, 'to no other server than the one that they were given for'],
  ),
  mutation(
    'a look at whether the person was forgotten while a server was asked',
    'src/registry/settings/new-integration.ts',
    ['        ...presence.checks,\n', ''],
    [test, 'connects nothing if its'],
  ),
  mutation(
    'a look at whether the person was forgotten while header values were sealed',
    own,
    ['        ...presence.checks,\n', ''],
    [test, 'of a person who is forgotten meanwhile'],
  ),
  mutation(
    'a look at the right to change tools when they are changed',
    'src/registry/settings/commit-tool-settings.ts',
    ['{ key: keys.integration(loaded.id), ifVersion: loaded.version, check: true },', ''],
    [test, 'of an integration that belongs to somebody else now'],
  ),
  mutation(
    'a look at the stored sign-in before tokens are used that could not be saved',
    'src/oauth/refresh.ts',
    ['if (unsaved !== undefined && isSame(unsaved.replaces, read.credential))', 'if (unsaved !== undefined)'],
    [refresh, 'has no use for them after another sign-in'],
  ),
  mutation(
    'the origin in the name of tokens that could not be saved',
    'src/oauth/token-keeper.ts',
    ['\\n${new URL(serverUrl).origin}', ''],
    [refresh, 'sends them to no other server'],
  ),
]
