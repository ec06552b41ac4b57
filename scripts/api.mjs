// Writes one API report for each entry to docs/api/; with --check, fails when a report would change.
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Extractor, ExtractorConfig, ExtractorLogLevel, ExtractorMessageCategory } from '@microsoft/api-extractor'
import ts from 'typescript'
import { entries } from './entries.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const check = process.argv.includes('--check')
const base = ExtractorConfig.loadFile(join(root, 'api-extractor.json'))

rmSync(join(root, 'temp/types'), { recursive: true, force: true })
const tsc = join(root, 'node_modules/typescript/bin/tsc')
const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.types.json'], { cwd: root, stdio: 'inherit' })
if (status !== 0) process.exit(1)
mkdirSync(join(root, 'docs/api'), { recursive: true })

const mainExports = exportsOf(join(root, 'temp/types/index.d.ts'))
let failed = false
for (const entry of entries) {
  const result = Extractor.invoke(configFor(entry), {
    localBuild: !check,
    messageCallback: (message) => judge(entry, message),
  })
  const ok = result.errorCount === 0 && result.warningCount === 0 && !(check && result.apiReportChanged)
  console.log(`${ok ? 'ok    ' : 'FAILED'} docs/api/${entry.name}.api.md${result.apiReportChanged ? ' (changed)' : ''}`)
  if (check && result.apiReportChanged)
    console.log('       The public face changed: run `npm run api` and commit the report.')
  failed ||= !ok
}
process.exitCode = failed ? 1 : 0

function configFor({ name, source }) {
  return ExtractorConfig.prepare({
    configObject: {
      ...base,
      mainEntryPointFilePath: join(root, 'temp/types', source.replace('./src/', '').replace(/\.ts$/, '.d.ts')),
      apiReport: { ...base.apiReport, reportFileName: `${name}.api.md` },
    },
    configObjectFullPath: join(root, 'api-extractor.json'),
    packageJsonFullPath: join(root, 'package.json'),
  })
}

/**
 * A type that another entry uses or links to is fine when the main entry exports it: hosts import it from there. What
 * the extractor says about itself and its files is said here, shorter.
 */
function judge(entry, message) {
  const symbol = /symbol "([^"]+)" needs to be exported|have an export "([^"]+)"/.exec(message.text)
  const known = entry.name !== 'index' && mainExports.has(symbol?.[1] ?? symbol?.[2])
  if (known || message.category === ExtractorMessageCategory.Console) message.logLevel = ExtractorLogLevel.None
}

function exportsOf(path) {
  const program = ts.createProgram([path], {
    noLib: true,
    types: [],
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
  })
  const checker = program.getTypeChecker()
  return new Set(
    checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(path))).map(({ name }) => name),
  )
}
