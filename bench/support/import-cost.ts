import { execFileSync } from 'node:child_process'
import { resolve } from 'node:path'
import { build } from 'esbuild'
import { median } from './figures.js'

/** CPU of importing the main entry, as a share of importing the MCP client; `control`: the client against itself. */
export async function importCost(rounds: number): Promise<{ readonly ratio: number; readonly control: number }> {
  const outdir = resolve('temp/entry')
  await build({
    entryPoints: ['src/index.ts'],
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    alias: { '#connect': resolve('src/egress/connect.node.ts') },
    tsconfigRaw: {},
  })
  const rows = Array.from({ length: rounds }, () => ({
    ours: cpuOfImport(`${outdir}/index.mjs`),
    client: cpuOfImport('@modelcontextprotocol/client'),
    again: cpuOfImport('@modelcontextprotocol/client'),
  }))
  const client = median(rows.map((row) => row.client))
  return {
    ratio: median(rows.map(({ ours }) => ours)) / client,
    control: median(rows.map(({ again }) => again)) / client,
  }
}

/** In a process of its own, in µs. */
function cpuOfImport(specifier: string): number {
  const program = `const before = process.cpuUsage()
    await import(${JSON.stringify(specifier)})
    const { user, system } = process.cpuUsage(before)
    console.log(user + system)`
  return Number(execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' }))
}
