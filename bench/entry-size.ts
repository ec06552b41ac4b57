/** What the main entry weighs for a host that bundles: our code alone, and with its dependencies, as for a browser or workerd. */
import { resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, type BuildOptions } from 'esbuild'

const ours = await sizeOf({ packages: 'external' })
const whole = await sizeOf({ conditions: ['workerd', 'worker', 'browser'] })
const client = await sizeOf({
  conditions: ['workerd', 'worker', 'browser'],
  stdin: {
    contents: "export { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'",
    resolveDir: '.',
  },
})

console.log(`our code              ${ours}`)
console.log(`with dependencies     ${whole}`)
console.log(`MCP client on its own ${client}`)

async function sizeOf(options: BuildOptions): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: options.stdin === undefined ? ['src/index.ts'] : undefined,
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    alias: { '#connect': resolve('src/egress/connect.web.ts') },
    outdir: '/',
    ...options,
  })
  const code = outputFiles?.[0]?.contents ?? new Uint8Array()
  return `${kilobytes(code.length)} kB, ${kilobytes(gzipSync(code).length)} kB gzip`
}

function kilobytes(bytes: number): string {
  return (bytes / 1000).toFixed(0).padStart(4)
}
