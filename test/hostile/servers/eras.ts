import { serverCases, type Answer, type Exchange } from '../case.js'
import { callsAgain } from '../lane/meet.js'
import { hello, result, server } from './honest.js'

/** A server of one era that is replaced by one of the other, as often as this says, before a call. */
const changing = (replaced: (calls: number) => boolean, refuses: (e: Exchange) => void): Answer => {
  const calls = new Map<string, number>()
  const eras = new Map<string, 'modern' | 'legacy'>()
  return (e) => {
    const run = String(e.request.url)
    const asked = e.request.headers['mcp-protocol-version'] === '2026-07-28' ? 'modern' : 'legacy'
    if (e.message.method === 'tools/call') {
      const now = (calls.get(run) ?? 0) + 1
      calls.set(run, now)
      if (replaced(now)) eras.set(run, (eras.get(run) ?? e.era) === 'modern' ? 'legacy' : 'modern')
    }
    const era = eras.get(run) ?? e.era
    const asksForEra = ['server/discover', 'initialize'].includes(e.message.method)
    if (!asksForEra && asked !== era) return refuses(e)
    if (e.message.method === 'initialize' && era === 'modern') return refuses(e)
    return server({ 'tools/call': (call) => result(call, hello) })({ ...e, era })
  }
}
const unsupported = ({ message, response }: Exchange): void => {
  response.writeHead(400, { 'content-type': 'application/json' })
  response.end(
    JSON.stringify({ jsonrpc: '2.0', id: message.id, error: { code: -32022, message: 'Unsupported', data: {} } }),
  )
}
const both = ['modern', 'legacy'] as const

/** Servers that are of another era than they were at the last request. */
export const eras = serverCases({
  'another era after the first call': [
    both,
    'completed and completed',
    changing((calls) => calls === 2, unsupported),
    { meet: callsAgain, most: { 'tools/call': 3, initialize: 3, 'server/discover': 4 } },
  ],
  'another era after the first call, without a word': [
    both,
    'completed and completed',
    changing(
      (calls) => calls === 2,
      ({ response }) => void response.writeHead(404).end(),
    ),
    { meet: callsAgain, most: { 'tools/call': 4, initialize: 3, 'server/discover': 5 } },
  ],
  'another era at each call': [
    both,
    'protocol_error and completed',
    changing(() => true, unsupported),
    { meet: callsAgain, most: { 'tools/call': 4, initialize: 5, 'server/discover': 6 } },
  ],
})
