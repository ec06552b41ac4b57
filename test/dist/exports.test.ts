import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }

const root = fileURLToPath(new URL('../..', import.meta.url))
const entries = Object.entries(manifest.exports).flatMap(([name, target]) =>
  typeof target === 'string' ? [] : [{ specifier: name.replace('.', manifest.name), ...target }],
)

/** What can be imported from each built module, by its specifier. */
const imported = (async (): Promise<Record<string, string[]>> => {
  const program = `const keys = {}
for (const specifier of ${JSON.stringify(entries.map(({ specifier }) => specifier))})
  keys[specifier] = Object.keys(await import(specifier)).sort()
console.log(JSON.stringify(keys))`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], { cwd: root })
  return JSON.parse(stdout) as Record<string, string[]>
})()

const declarations = ts.createProgram(
  entries.map(({ types }) => fileURLToPath(new URL(`../../${types}`, import.meta.url))),
  {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
  },
)
const checker = declarations.getTypeChecker()

/** The names that a declaration file exports as values. */
function declared(types: string): string[] {
  const file = declarations.getSourceFile(fileURLToPath(new URL(`../../${types}`, import.meta.url)))
  return checker
    .getExportsOfModule(checker.getSymbolAtLocation(file!)!)
    .filter((symbol) => {
      const real = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
      return (real.flags & ts.SymbolFlags.Value) !== 0 && !isTypeOnly(symbol)
    })
    .map(({ name }) => name)
    .toSorted()
}

/** `export type { Class }` leaves nothing to import at run time. */
function isTypeOnly(symbol: ts.Symbol): boolean {
  return (symbol.declarations ?? []).some((node) => ts.isExportSpecifier(node) && ts.isTypeOnlyExportDeclaration(node))
}

describe('the declarations of the build', () => {
  it.each(entries)(
    'promise of $specifier the values that it has',
    { timeout: 60_000 },
    async ({ specifier, types }) => {
      expect(declared(types)).toEqual((await imported)[specifier])
    },
  )
})
