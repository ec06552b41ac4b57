import type { ConnectResult } from 'mcp-integrations'
import { redirectUrl, startOAuthBench, type OAuthBench } from '../support/oauth-registry.js'
import { ana, bo, dump, root, type Dumped } from '../support/registry.js'
import { ours, withEdit, type Edit } from './edited-records.js'

/** The same for what sign-ins store: clients, flows, tokens and settings, at a real authorization server. */
export interface SignedIn {
  readonly bench: OAuthBench
  /** The records of sign-ins first: only these are edited. */
  readonly records: readonly Dumped[]
  readonly edited: readonly Dumped[]
  readonly done: string
  readonly begun: ConnectResult
  /** The callback of the sign-in that has begun. */
  readonly callback: string
}

export async function signIn(): Promise<SignedIn> {
  const bench = await startOAuthBench()
  const done = await bench.connected({ visibility: 'workspace', credentials: 'per_user' })
  const mine = bench.registry.actingAs(ana)
  await (await mine.toolset('assistant')).call('notes__read_note', { id: '1' })
  const begun = await mine.connect({
    url: bench.server.url,
    name: 'Begun',
    agents: ['assistant'],
    oauth: { scopes: ['mcp:read'] },
  })
  const callback = await bench.signIn(begun)
  await bench.registry.close()
  const records = await dump(bench.storage)
  const edited = records.filter(({ key }) => /^(credential|client|flow|oauth-settings|status|server)\//.test(key))
  return {
    bench,
    records: [...edited, ...records.filter((one) => !edited.includes(one))],
    edited,
    done,
    begun,
    callback,
  }
}

/** @throws unless everything that is called after the edit ends as it must */
export async function meetEditedSignIn(signedIn: SignedIn, edit: Edit): Promise<void> {
  const { bench, records, edited, done, begun, callback } = signedIn
  const options = {
    oauth: { redirectUrl, clientName: 'Test host' },
    confirm: () => 'approve' as const,
    runtime: { now: () => bench.time.now },
  }
  const chosen = { ...edit, record: edit.record % edited.length }
  await withEdit(records, chosen, options, async (registry, isLegal) => {
    const [mine, theirs, admin] = [registry.actingAs(ana), registry.actingAs(bo), registry.actingAs(root)]
    const stolen = await ours(() => theirs.finishConnect(callback))
    if (!isLegal && stolen !== undefined) throw new Error("somebody finished another person's sign-in")
    const elsewhere = await ours(async () => (await theirs.toolset('assistant')).call('notes__read_note', { id: '1' }))
    if (!isLegal && elsewhere?.type === 'completed') throw new Error("somebody called with another person's token")
    for (const acting of [mine, theirs, admin]) {
      await ours(() => acting.list({ scope: 'all' }), [])
      await ours(() => acting.get(done))
      await ours(() => acting.get(begun.integration.id))
    }
    const verbs: readonly (() => Promise<unknown>)[] = [
      async () => (await mine.toolset('assistant')).call('notes__read_note', { id: '1' }),
      () => mine.validate(done),
      () => mine.finishConnect(callback),
      () => mine.reconnect(begun.integration.id),
      () => mine.reconnect(done, { oauth: { scopes: ['mcp:write'] } }),
      () => mine.authorize(done),
      () => theirs.authorize(done),
      () => mine.update(done, { credentials: 'shared' }),
      () => mine.signOut(done),
      () => registry.resealAll(),
      () => registry.keyUsage(),
      () => registry.sweep(),
      () => mine.remove(begun.integration.id),
    ]
    for (const verb of verbs) await ours(verb)
    await ours(() => registry.forgetUser({ workspaceId: 'acme', userId: 'ana' }), [])
    await ours(() => admin.remove(done), ['not_found'])
    if ((await admin.list({ scope: 'all' })).length > 0) throw new Error('something can not be removed')
  })
}
