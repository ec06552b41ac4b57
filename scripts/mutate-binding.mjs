// Removes each single field of what an approval binds, one after the other, and runs the tests that should notice. Fails
// when one doesn't. The fields are read from the type; where each is bound is the list below.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { startVitest } from 'vitest/node'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const { paths } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')).compilerOptions

/** Object literals with one property for each field, and the tests of it. `only`, `without`: the fields that are bound there. */
const ofOneApproval = ['approvalId', 'expiresAt']
const gate = ['test/registry/binding.test.ts']
const sites = [
  { file: 'src/policy/binding.ts', literal: 'bound', tests: ['test/policy/binding.test.ts'] },
  { file: 'src/registry/gate/resolved-call.ts', literal: 'bindingOf', without: ofOneApproval, tests: gate },
  { file: 'src/registry/gate/open-approval.ts', literal: 'binding', only: ofOneApproval, tests: gate },
  { file: 'src/registry/gate/redeem-approval.ts', literal: 'bound', only: ofOneApproval, tests: gate },
]

const fields = fieldsOf('src/policy/binding.ts', 'ApprovalBinding')
const report = []
for (const site of sites) {
  if ((await failures(site, readFileSync(join(root, site.file), 'utf8'))).length > 0)
    throw new Error(`The tests of ${site.file} fail without any mutation`)
  const { only = fields, without = [] } = site
  for (const field of fields.filter((name) => only.includes(name) && !without.includes(name))) {
    const failed = await failures(site, removed(site, field))
    report.push({ killed: failed.length > 0, site, field, failed })
  }
}

for (const { killed, site, field, failed } of report)
  console.log(`${killed ? 'noticed ' : 'SURVIVED'}  ${site.file} without ${field}  (${failed.length} tests failed)`)
const survivors = report.filter(({ killed }) => !killed).length
console.log(`${report.length - survivors} of ${report.length} mutants noticed, ${fields.length} fields`)
process.exitCode = survivors === 0 && report.length > 0 ? 0 : 1

/** The names of an interface's properties. */
function fieldsOf(file, name) {
  const found = parsed(file).statements.find((node) => ts.isInterfaceDeclaration(node) && node.name.text === name)
  const names = found?.members.map((member) => member.name.text) ?? []
  if (names.length === 0) throw new Error(`${file} has no interface ${name} with fields`)
  return names
}

/** The text of the site's file without the field's property, which may lie in a spread: `...(a && { field })`. */
function removed({ file, literal }, field) {
  const source = parsed(file)
  const object = literalOf(source, literal)
  const named = (node) => ts.isObjectLiteralElementLike(node) && node.name?.getText(source) === field
  const search = (node) => (named(node) ? node : ts.forEachChild(node, search))
  const property = object?.properties.find(named) ?? (object && ts.forEachChild(object, search))
  if (property === undefined) throw new Error(`${literal} in ${file} does not bind ${field}`)
  return source.text.slice(0, property.getFullStart()) + source.text.slice(property.end).replace(/^,/, '')
}

/** The object literal that a variable is given, or that a function returns. */
function literalOf(source, name) {
  let found
  const visit = (node) => {
    const named =
      (ts.isVariableDeclaration(node) || ts.isFunctionDeclaration(node)) && node.name?.getText(source) === name
    if (named) found ??= firstLiteral(node)
    else ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

function firstLiteral(node) {
  return ts.isObjectLiteralExpression(node) ? node : ts.forEachChild(node, firstLiteral)
}

function parsed(file) {
  return ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.Latest, true)
}

/** Runs the site's tests with `text` in place of its file, on no disk; answers the names of those that fail. */
async function failures({ file, tests }, text) {
  const mutated = join(root, file)
  const vitest = await startVitest(
    'test',
    tests,
    { root, config: false, watch: false, reporters: [{}] },
    {
      resolve: {
        alias: Object.entries(paths).map(([name, [source]]) => ({
          find: new RegExp(`^${name}$`),
          replacement: join(root, source),
        })),
      },
      plugins: [{ name: 'mutant', enforce: 'pre', transform: (_code, id) => (id === mutated ? text : undefined) }],
    },
  )
  const modules = vitest.state.getTestModules()
  const ran = modules.flatMap((module) => [...module.children.allTests()])
  await vitest.close()
  process.exitCode = 0
  if (ran.length === 0) throw new Error(`No tests ran in ${tests.join(', ')}`)
  return ran.filter((test) => test.result().state === 'failed').map((test) => test.fullName)
}
