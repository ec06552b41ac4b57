// Writes the declarations of every entry into dist/: what tsc emits, without what no entry leads to, beside one line for
// each entry that leads there.
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { entries } from './entries.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const emitted = join(root, 'temp/types')
const types = join(root, 'dist/types')

rmSync(emitted, { recursive: true, force: true })
const tsc = join(root, 'node_modules/typescript/bin/tsc')
const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.types.json'], { cwd: root, stdio: 'inherit' })
if (status !== 0) process.exit(1)

const started = entries.map(({ source }) => join(emitted, source.replace('./src/', '').replace(/\.ts$/, '.d.ts')))
const program = ts.createProgram(started, {
  noLib: true,
  types: [],
  skipLibCheck: true,
  module: ts.ModuleKind.NodeNext,
})
const checker = program.getTypeChecker()
/** The statements of each emitted file that an entry leads to. */
const kept = new Map()
for (const path of started) for (const statement of program.getSourceFile(path).statements) keep(statement)

rmSync(types, { recursive: true, force: true })
for (const [file, statements] of kept) write(file, statements)
for (const [n, { name }] of entries.entries()) {
  const target = relative(emitted, started[n]).replace(/\.d\.ts$/, '.js')
  writeFileSync(join(root, `dist/${name}.d.ts`), `export * from './types/${target}'\n`)
}
console.log(`declarations of ${entries.length} entries: ${kept.size} files`)

/** Keeps a statement, and what it names. */
function keep(statement) {
  const file = statement.getSourceFile()
  if (!file.fileName.startsWith(emitted)) return
  const statements = kept.get(file) ?? new Set()
  kept.set(file, statements)
  if (statements.has(statement) || ts.isImportDeclaration(statement)) return
  statements.add(statement)
  if (ts.isExportDeclaration(statement) && statement.moduleSpecifier) keepModule(statement)
  visit(statement)
}

/** `export * from`: everything that is there, however it is named. */
function keepModule({ exportClause, moduleSpecifier }) {
  const target = checker.getSymbolAtLocation(moduleSpecifier)?.declarations?.[0]
  if (target === undefined || !ts.isSourceFile(target)) return
  if (!kept.has(target) && target.fileName.startsWith(emitted)) kept.set(target, new Set())
  if (exportClause === undefined) for (const statement of target.statements) keep(statement)
}

function visit(node) {
  if (ts.isIdentifier(node))
    for (const symbol of namedBy(node)) for (const at of symbol.declarations ?? []) keepOwner(at)
  if (ts.isImportTypeNode(node)) for (const at of checker.getSymbolAtLocation(node)?.declarations ?? []) keepOwner(at)
  ts.forEachChild(node, visit)
}

/** A name, and each that it stands for on the way to where it is declared. */
function namedBy(node) {
  const symbols = []
  let symbol = checker.getSymbolAtLocation(node)
  while (symbol !== undefined && !symbols.includes(symbol)) {
    symbols.push(symbol)
    symbol = symbol.flags & ts.SymbolFlags.Alias ? checker.getImmediateAliasedSymbol(symbol) : undefined
  }
  return symbols
}

function keepOwner(node) {
  let owner = node
  while (owner.parent !== undefined && !ts.isSourceFile(owner.parent)) owner = owner.parent
  if (owner.parent !== undefined) keep(owner)
}

function write(file, statements) {
  const names = new Set()
  const collect = (node) => {
    if (ts.isIdentifier(node)) names.add(node.text)
    ts.forEachChild(node, collect)
  }
  for (const statement of statements) collect(statement)
  const text = file.statements
    .map((statement) => {
      if (!ts.isImportDeclaration(statement)) return statements.has(statement) ? statement.getFullText(file) : ''
      return importOf(statement, names)
    })
    .join('')
  const path = join(types, relative(emitted, file.fileName))
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${text.trim() === '' ? 'export {}' : text.trim()}\n`)
}

/** An import with only the names that are left. */
function importOf(statement, names) {
  const { importClause: clause, moduleSpecifier } = statement
  const bindings = clause?.namedBindings
  if (clause === undefined) return ''
  if (bindings === undefined || !ts.isNamedImports(bindings) || clause.name !== undefined)
    return [clause.name, bindings?.name].some((name) => name && names.has(name.text)) ? statement.getFullText() : ''
  const left = bindings.elements.filter(({ name }) => names.has(name.text)).map((element) => element.getText())
  if (left.length === 0) return ''
  return `\nimport ${clause.isTypeOnly ? 'type ' : ''}{ ${left.join(', ')} } from ${moduleSpecifier.getText()};`
}
