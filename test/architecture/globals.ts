import ts from 'typescript'
import { oncePerText, parse } from './source.js'

/**
 * The platform's values that a module uses, as often as they occur: `fetch` (`globalThis.fetch` as well), `Date.now`,
 * `new Date()`. A name that the module declares or imports itself is no global; types don't count.
 */
export const globalsOf = oncePerText((text): readonly string[] => {
  const file = parse(text)
  const checker = checkerOf(file)
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) && !ts.isExpressionWithTypeArguments(node)) return
    if (ts.isPropertyAccessExpression(node) && isGlobalObject(node.expression) && ts.isIdentifier(node.name)) {
      found.push(useOf(node))
      return
    }
    if (ts.isIdentifier(node) && isValue(node) && symbolOf(checker, node) === undefined) found.push(useOf(node))
    ts.forEachChild(node, visit)
  }
  visit(file)
  return found
})

/** The name, with the member that is read of it, or as a call without arguments that makes one. */
function useOf(node: ts.Identifier | ts.PropertyAccessExpression): string {
  const name = ts.isIdentifier(node) ? node.text : node.name.text
  const parent = node.parent
  if (ts.isPropertyAccessExpression(parent) && parent.expression === node) return `${name}.${parent.name.text}`
  if (ts.isNewExpression(parent) && parent.arguments?.length === 0) return `new ${name}()`
  return name
}

/** Knows this module alone: neither its imports nor the platform's types, so what it can't resolve is a global. */
function checkerOf(file: ts.SourceFile): ts.TypeChecker {
  const host: ts.CompilerHost = {
    getSourceFile: (name) => (name === file.fileName ? file : undefined),
    getDefaultLibFileName: () => '',
    writeFile: () => undefined,
    getCurrentDirectory: () => '/',
    getCanonicalFileName: (name) => name,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => '\n',
    fileExists: (name) => name === file.fileName,
    readFile: () => undefined,
  }
  return ts.createProgram([file.fileName], { noLib: true, noResolve: true, types: [] }, host).getTypeChecker()
}

function symbolOf(checker: ts.TypeChecker, node: ts.Identifier): ts.Symbol | undefined {
  if (ts.isShorthandPropertyAssignment(node.parent)) return checker.getShorthandAssignmentValueSymbol(node.parent)
  return checker.getSymbolAtLocation(node)
}

function isGlobalObject(node: ts.Expression): boolean {
  return ts.isIdentifier(node) && ['globalThis', 'self', 'window', 'global'].includes(node.text)
}

/** Whether an identifier is read as a value, and not the name of a property, a declaration or a label. */
function isValue(node: ts.Identifier): boolean {
  const parent = node.parent
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node
  if (ts.isShorthandPropertyAssignment(parent)) return true
  if (ts.isBindingElement(parent)) return parent.initializer === node
  if (ts.isExportSpecifier(parent) || ts.isImportSpecifier(parent) || ts.isQualifiedName(parent)) return false
  if (ts.isMetaProperty(parent) || ts.isLabeledStatement(parent) || ts.isBreakOrContinueStatement(parent)) return false
  const named = parent as ts.Node & { readonly name?: ts.Node }
  return named.name !== node
}
