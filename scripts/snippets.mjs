import ts from 'typescript'

/**
 * What a snippet needs of its file's imports of packages: the names that it uses and that nothing before it on the page
 * has imported.
 *
 * @returns import declarations, one a line, or ''
 */
export function importsFor(source, snippet, known) {
  const own = namesDeclared(snippet)
  const used = namesUsed(snippet)
  const lines = []
  for (const statement of parse(source).statements) {
    if (!ts.isImportDeclaration(statement)) continue
    const from = statement.moduleSpecifier.text
    const clause = statement.importClause
    if (from.startsWith('.') || clause === undefined) continue
    const wanted = (name) => used.has(name.text) && !own.has(name.text) && !known.has(name.text)
    const bindings = clause.namedBindings
    const whole = clause.name !== undefined && wanted(clause.name) ? [clause.name.text] : []
    const named =
      bindings === undefined || !ts.isNamedImports(bindings)
        ? []
        : bindings.elements.filter(({ name }) => wanted(name)).map((element) => element.getText())
    const isType = clause.phaseModifier === ts.SyntaxKind.TypeKeyword
    if (bindings !== undefined && ts.isNamespaceImport(bindings) && wanted(bindings.name))
      whole.push(`* as ${bindings.name.text}`)
    const parts = [...whole, ...(named.length === 0 ? [] : [`{ ${named.join(', ')} }`])]
    if (parts.length > 0) lines.push(`import ${isType ? 'type ' : ''}${parts.join(', ')} from '${from}'\n`)
  }
  return lines.join('')
}

/** Names that a page's snippets use and that nothing on the page declares. */
export function undeclared(snippets) {
  const declared = new Set(snippets.flatMap((snippet) => [...namesDeclared(snippet)]))
  const used = new Set(snippets.flatMap((snippet) => [...namesUsed(snippet)]))
  return [...used].filter((name) => !declared.has(name) && !(name in globalThis) && !ambient.has(name)).toSorted()
}

/** Of the language's library and of browsers; Node's globals are those of this process. */
const ambient = new Set(
  [
    'Record',
    'Readonly',
    'Partial',
    'Pick',
    'Omit',
    'Awaited',
    'AsyncIterable',
    'Iterable',
    'ReturnType',
    'Parameters',
  ].concat(
    ['document', 'window', 'location', 'customElements', 'HTMLElement', 'const', 'undefined'],
    ['describe', 'it'], // of any test runner
  ),
)

export function namesDeclared(snippet) {
  const names = new Set()
  walk(parse(snippet), (node) => {
    if ('name' in node && node.name !== undefined && declares(node)) collect(node.name)
    if (ts.isImportClause(node) && node.name !== undefined) names.add(node.name.text)
  })
  return names

  function collect(name) {
    if (ts.isIdentifier(name)) names.add(name.text)
    else if (ts.isObjectBindingPattern(name) || ts.isArrayBindingPattern(name))
      for (const element of name.elements) if (ts.isBindingElement(element)) collect(element.name)
  }
}

function namesUsed(snippet) {
  const names = new Set()
  walk(parse(snippet), (node) => {
    if (ts.isIdentifier(node) && refers(node)) names.add(node.text)
  })
  return names
}

function declares(node) {
  return (
    ts.isVariableDeclaration(node) ||
    ts.isParameter(node) ||
    ts.isBindingElement(node) ||
    ts.isFunctionLike(node) ||
    ts.isClassLike(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isTypeParameterDeclaration(node) ||
    ts.isImportSpecifier(node) ||
    ts.isNamespaceImport(node)
  )
}

/** Whether an identifier stands for a thing, not for a property or for the thing's own declaration. */
function refers(node) {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node
  if (ts.isQualifiedName(parent)) return parent.left === node
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node
  if (ts.isShorthandPropertyAssignment(parent)) return true
  if (ts.isBindingElement(parent)) return parent.initializer === node
  if (ts.isMetaProperty(parent) || ts.isJsxAttribute(parent) || ts.isLabeledStatement(parent)) return false
  if (ts.isPropertySignature(parent) || ts.isMethodSignature(parent) || ts.isPropertyDeclaration(parent)) return false
  if (ts.isMethodDeclaration(parent) || ts.isNamedTupleMember(parent)) return false
  return !(declares(parent) && parent.name === node)
}

function parse(text) {
  return ts.createSourceFile('snippet.tsx', text, ts.ScriptTarget.Latest, true)
}

function walk(node, visit) {
  visit(node)
  ts.forEachChild(node, (child) => walk(child, visit))
}
