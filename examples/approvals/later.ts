/** Another process of the same host, as on a phone later that day: decides what waits, in the same SQLite file. */
import { ana, openRegistry, type HostConfig } from './host.js'
import { askPerson } from './person.js'

const registry = openRegistry(JSON.parse(process.argv[2] ?? '') as HostConfig)
const { approvals } = registry.actingAs(ana)
const waiting = await approvals.list({ status: 'pending' })
for (const approval of waiting.approvals) {
  const { decision } = await askPerson(approval, 'yes')
  if (decision !== 'defer') await approvals.decide(approval.approvalId, decision)
}
await registry.close()
process.disconnect()
