// On Node, Bun and Deno: the probe in this process, and once more over a socket, with compressed responses.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { constants, createGzip } from 'node:zlib'
import { probe, servers } from './probe.js'

for (const server of servers()) {
  console.log(`in process, ${await probe(server.url, server.fetch)}`)
  const socket = createServer(async (request, response) => {
    const chunks: Uint8Array[] = []
    for await (const chunk of request) chunks.push(chunk as Uint8Array)
    const headers = Object.entries(request.headers).filter(([name]) => !['host', 'connection'].includes(name))
    const answer = await server.fetch(server.url, {
      method: request.method ?? 'GET',
      headers: headers as [string, string][],
      ...(chunks.length === 0 ? {} : { body: Buffer.concat(chunks) }),
    })
    if (answer.body === null) return void response.writeHead(answer.status, Object.fromEntries(answer.headers)).end()
    response.writeHead(answer.status, { ...Object.fromEntries(answer.headers), 'content-encoding': 'gzip' })
    const compressed = createGzip({ flush: constants.Z_SYNC_FLUSH })
    compressed.pipe(response)
    await answer.body.pipeTo(new WritableStream({ write: (chunk) => void compressed.write(chunk) }))
    compressed.end()
  })
  await new Promise<void>((listening) => socket.listen(0, '127.0.0.1', listening))
  console.log(`on loopback, ${await probe(`http://127.0.0.1:${(socket.address() as AddressInfo).port}/mcp`)}`)
  socket.close()
  socket.closeAllConnections()
  await server.close()
}
