// Counts what makes the code harder to read than it need be, prints it, and fails beyond the bars.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { entries } from './entries.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const { options, fileNames } = ts.getParsedCommandLineOfConfigFile(join(root, 'tsconfig.types.json'), {}, ts.sys)
const program = ts.createProgram(fileNames, options)
const checker = program.getTypeChecker()
const storageCost = 'test/registry/storage-cost.test.ts'
/** Members that their name says all about, wherever they stand. */
const plainNames = new Set([
  'id',
  'name',
  'title',
  'description',
  'workspaceId',
  'userId',
  'agentId',
  'conversationId',
  'integrationId',
  'approvalId',
  'signal',
  'type',
])
/** Phrases of a dialect that a reader would have to learn: each has a plain word (return, record, permission, again, result, …). */
const dialect =
  /\b(?:can not|anew|told of|comes? to|came of|came to|made of|meets|goodbye|wish|mends?|tells? of|gone on with|can be had|does not allow|no leave|so any more|has not the shape|faults?|meanwhile|all the same|under way|lets? go of|hands? over|could be had|keeps? to|goes by|is good for|goes? on with|gone on|any more)\b|What \{@link|How \{@link/
const sources = sourcesUnder('src').map((path) => program.getSourceFile(join(root, path)) ?? parse(path))

const found = [
  { what: 'conditional spreads', bar: 9, places: sources.flatMap((file) => nodesIn(file, isConditionalSpread)) },
  {
    what: 'functions of five parameters and more',
    bar: 14,
    places: sources.flatMap((file) => nodesIn(file, (node) => ts.isFunctionLike(node) && takesMany(node))),
  },
  { what: 'undocumented public members', bar: 0, places: entries.flatMap(undocumentedIn) },
  {
    what: 'dialect phrases',
    bar: 0,
    places: [...textsUnder('src', '.ts'), ...textsUnder('docs', '.md')].flatMap(dialectIn),
  },
]

const verbose = process.argv.includes('--list')
for (const { what, bar, places } of found) {
  const distinct = [...new Set(places)]
  console.log(`${distinct.length > bar ? 'FAILED' : 'ok    '} ${what}: ${distinct.length} (at most ${bar})`)
  if (verbose || distinct.length > bar) for (const place of distinct) console.log(`       ${place}`)
  if (distinct.length > bar) process.exitCode = 1
}
console.log(`       storage operations of an asked call: at most ${mostOperations()} (held by ${storageCost})`)
for (const { specifier, source } of entries)
  console.log(`       ${specifier}: ${valuesOf(source).join(', ') || 'types only'}`)

/** `...(x === undefined ? {} : { x })` and `...(x && { x })`: noise where an optional field may be `undefined`. */
function isConditionalSpread(node) {
  if (!ts.isSpreadAssignment(node)) return false
  let spread = node.expression
  while (ts.isParenthesizedExpression(spread)) spread = spread.expression
  if (ts.isConditionalExpression(spread)) return [spread.whenTrue, spread.whenFalse].some(isEmptyObject)
  return ts.isBinaryExpression(spread) && spread.operatorToken.kind === ts.SyntaxKind.AmpersandAmpersandToken
}

function isEmptyObject(node) {
  return ts.isObjectLiteralExpression(node) && node.properties.length === 0
}

function takesMany(node) {
  return !ts.isFunctionTypeNode(node) && node.parameters.length >= 5
}

/** Exported names, and what their interfaces, classes and object types hold, that say nothing about themselves. */
function undocumentedIn({ specifier, source }) {
  return exportsOf(source).flatMap((symbol) => {
    const real = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
    const own = isDocumented(real) ? [] : [`${specifier} ${symbol.name}`]
    return [...own, ...membersOf(real).map((member) => `${specifier} ${symbol.name}.${member.name}`)]
  })
}

function membersOf(symbol) {
  const declared = (symbol.declarations ?? []).filter(
    (node) => ts.isInterfaceDeclaration(node) || ts.isClassDeclaration(node),
  )
  return declared
    .flatMap(({ members }) => [...members])
    .filter((node) => node.name !== undefined && !isHidden(node))
    .map((node) => checker.getSymbolAtLocation(node.name))
    .filter((member) => member !== undefined && !isDocumented(member) && !saysItself(member))
}

function isHidden(node) {
  return ts.isPrivateIdentifier(node.name) || (ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Private) !== 0
}

function isDocumented(symbol) {
  return symbol.getDocumentationComment(checker).length > 0 || symbol.getJsDocTags(checker).length > 0
}

/** A field whose name and type are all that there is to say: an id of a thing, a name, a title. */
function saysItself({ name }) {
  return plainNames.has(name) || name.startsWith('__@')
}

function exportsOf(source) {
  const file = program.getSourceFile(join(root, source))
  return checker.getExportsOfModule(checker.getSymbolAtLocation(file))
}

function valuesOf(source) {
  return exportsOf(source)
    .filter((symbol) => {
      const real = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
      return (real.flags & ts.SymbolFlags.Value) !== 0
    })
    .map(({ name }) => name)
    .toSorted()
}

/** The constant that the test compares with what it counted. */
function mostOperations() {
  const [, most] = /^const mostOperations = (\d+)$/m.exec(readFileSync(join(root, storageCost), 'utf8')) ?? []
  if (most === undefined) throw new Error(`${storageCost} has no constant mostOperations`)
  return most
}

function nodesIn(file, matches) {
  const places = []
  const visit = (node) => {
    if (matches(node)) {
      const { line } = file.getLineAndCharacterOfPosition(node.getStart(file))
      places.push(`${relative(root, file.fileName)}:${line + 1}`)
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return places
}

/** The lines of a file that speak the dialect, in code as in prose. */
function dialectIn(path) {
  const lines = readFileSync(join(root, path), 'utf8').split('\n')
  return lines.flatMap((line, n) => (dialect.test(line) ? [`${path}:${n + 1} ${dialect.exec(line)[0]}`] : []))
}

/** Decisions are history and reports are generated: neither is held to today's words. */
function textsUnder(folder, ending) {
  return readdirSync(join(root, folder), { recursive: true })
    .filter((path) => path.endsWith(ending) && !/^(?:api|decisions)\//.test(path))
    .map((path) => join(folder, path))
}

function sourcesUnder(folder) {
  return readdirSync(join(root, folder), { recursive: true })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => join(folder, path))
}

function parse(path) {
  return ts.createSourceFile(join(root, path), readFileSync(join(root, path), 'utf8'), ts.ScriptTarget.Latest, true)
}
