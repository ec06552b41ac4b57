// Each single field of what an approval binds. The fields are read from the type; where each is bound is the list below.
import { readFileSync } from 'node:fs'
import ts from 'typescript'

/** Object literals with one property for each field, and the test of it. `only`, `without`: the fields that are bound there. */
const ofOneApproval = ['approvalId', 'expiresAt']
const gate = 'test/registry/binding.test.ts'
const sites = [
  { file: 'src/policy/binding.ts', literal: 'bound', test: 'test/policy/binding.test.ts' },
  { file: 'src/registry/gate/resolved-call.ts', literal: 'bindingOf', without: ofOneApproval, test: gate },
  { file: 'src/registry/gate/open-approval.ts', literal: 'binding', only: ofOneApproval, test: gate },
  { file: 'src/registry/gate/redeem-approval.ts', literal: 'bound', only: ofOneApproval, test: gate },
]

const fields = fieldsOf('src/policy/binding.ts', 'ApprovalBinding')

export default sites.flatMap(({ file, literal, test, only = fields, without = [] }) =>
  fields
    .filter((field) => only.includes(field) && !without.includes(field))
    .map((field) => ({
      without: `${field} in ${literal} of ${file}`,
      edits: [{ file, search: read(file), replace: textWithout(field, file, literal) }],
      test,
    })),
)

/** The names of an interface's properties. */
function fieldsOf(file, name) {
  const found = parsed(file).statements.find((node) => ts.isInterfaceDeclaration(node) && node.name.text === name)
  const names = found?.members.map((member) => member.name.text) ?? []
  if (names.length === 0) throw new Error(`${file} has no interface ${name} with fields`)
  return names
}

/** The text of the file without the field's property, which may lie in a spread: `...(a && { field })`. */
function textWithout(field, file, literal) {
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
  return ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true)
}

function read(file) {
  return readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
}
