import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import tsconfig from '../../tsconfig.json' with { type: 'json' }

const root = fileURLToPath(new URL('../..', import.meta.url))
const entries = Object.entries(tsconfig.compilerOptions.paths)
  .filter(([name]) => name.startsWith('mcp-integrations'))
  .map(([name, [source]]) => [name, source as string] as const)
const config = ts.getParsedCommandLineOfConfigFile(
  `${root}tsconfig.types.json`,
  { exactOptionalPropertyTypes: true },
  { ...ts.sys, onUnRecoverableConfigFileDiagnostic() {} },
)!
const program = ts.createProgram(config.fileNames, config.options)
const checker = program.getTypeChecker()

/** Custom elements need a browser to be imported. */
const inNode = entries.filter(([name]) => name !== 'mcp-integrations/elements')

describe('an entry', () => {
  it.each(inNode)('%s exports the values that its types promise', { timeout: 60_000 }, async (_name, source) => {
    const values = exportsOf(source)
      .filter(({ real }) => (real.flags & ts.SymbolFlags.Value) !== 0)
      .map(({ name }) => name)
    const loaded = (await import(`${root}${source.slice(2)}`)) as object
    expect(values.toSorted()).toEqual(Object.keys(loaded).toSorted())
  })

  it('lets every optional member be undefined, for hosts with exactOptionalPropertyTypes', () => {
    // What bridges hand to a framework is of that framework's types, which may be exact.
    const own = entries.filter(([, source]) => !source.startsWith('./src/bridges/'))
    const members = own.flatMap(([, source]) =>
      exportsOf(source).flatMap(({ name, real }) => optionalMembers(name, checker.getDeclaredTypeOfSymbol(real))),
    )
    expect(members.length).toBeGreaterThan(100)
    expect([...new Set(members.filter(({ takes }) => !takes).map(({ path }) => path))]).toEqual([])
  })
})

function exportsOf(source: string) {
  const file = program.getSourceFile(`${root}${source.slice(2)}`)!
  return checker.getExportsOfModule(checker.getSymbolAtLocation(file)!).map((symbol) => ({
    name: symbol.name,
    real: symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol,
  }))
}

function optionalMembers(name: string, type: ts.Type): readonly { path: string; takes: boolean }[] {
  const parts = type.isUnion() ? type.types : [type]
  return parts
    .filter((part) => (part.flags & ts.TypeFlags.Object) !== 0)
    .flatMap((part) => part.getProperties())
    .filter((property) => (property.flags & ts.SymbolFlags.Optional) !== 0 && isOurs(property))
    .map((property) => ({ path: `${name}.${property.name}`, takes: takesUndefined(property) }))
}

/** Written here, and with a question mark: not one that `Partial` has made optional. */
function isOurs(property: ts.Symbol): boolean {
  return (
    property.declarations?.some(
      (node) =>
        node.getSourceFile().fileName.startsWith(`${root}src/`) &&
        (node as { questionToken?: unknown }).questionToken !== undefined,
    ) ?? false
  )
}

/** By the type as it is written: that of the symbol always holds what stands for a missing member. */
function takesUndefined(property: ts.Symbol): boolean {
  const written = property.declarations?.find((node) => ts.isPropertySignature(node) || ts.isPropertyDeclaration(node))
  if (written?.type === undefined) return false
  const type = checker.getTypeFromTypeNode(written.type)
  const parts = type.isUnion() ? type.types : [type]
  return parts.some((part) => (part.flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Unknown | ts.TypeFlags.Any)) !== 0)
}
