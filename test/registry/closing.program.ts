import { randomBytes } from 'node:crypto'
import { makeHost } from '../support/host.js'

/** Uses a registry, with a call that its server never answers, closes it, and has nothing left to do. */
const { url, file } = JSON.parse(process.argv[2]!) as { url: string; file: string }
const host = makeHost({ file }, [{ id: 'test', secret: randomBytes(32).toString('base64') }])
const mine = host.registry.actingAs({ workspaceId: 'acme', userId: 'ana' })
await mine.connect({ url, name: 'Notes', agents: ['assistant'] })
const toolset = await mine.toolset('assistant', { confirm: () => 'approve' })
await toolset.call('notes__read_note', { id: '1' })
void toolset.call('notes__read_note', { id: '2' }, { timeoutMs: 3_600_000 }).catch(() => {})
const before = new Set(['PipeWrap', 'TTYWrap', 'Pipe', 'FSReqCallback', 'CloseReq'])
await host.close()
process.send!(
  process.getActiveResourcesInfo().filter((resource) => !before.has(resource)),
  () => process.disconnect(),
)
