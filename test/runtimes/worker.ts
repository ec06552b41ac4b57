// On workerd: the probe in this process.
import { probe, servers } from './probe.js'

export default {
  async fetch(): Promise<Response> {
    const lines: string[] = []
    for (const server of servers()) lines.push(`in process, ${await probe(server.url, server.fetch)}`)
    return new Response(lines.join('\n'))
  },
}
