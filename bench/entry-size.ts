/** What the main entry weighs for a host that bundles: our code alone, and with its dependencies, as for a browser or workerd. */
import { resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, type BuildOptions } from 'esbuild'
import { entryWeight } from './support/entry-weight.js'
import { importCost } from './support/import-cost.js'

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

const loaded = await entryWeight()
const { ratio, control } = await importCost(7)
console.log(`loaded by an import   ${kilobytes(loaded)} kB gzip of our code`)
console.log(
  `CPU of the import     ${ratio.toFixed(2)} of the MCP client's (the client against itself ${control.toFixed(2)})`,
)
if (loaded > 40_000) throw new Error('an import must load at most 40 kB of our code')

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
