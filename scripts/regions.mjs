import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { importsFor, namesDeclared, undeclared } from './snippets.mjs'

/**
 * Guides show code that runs elsewhere: a line `<!-- region examples/quickstart/main.ts#connect -->` before a fence says
 * which region of which file it is. The first snippet of a page that uses a package imports it.
 */
const shown = /^<!-- region (\S+?)#(\S+) -->\n+```(\w+)\n([\s\S]*?)^```$/gm

/**
 * Compares the fences of a page with their regions.
 *
 * @returns the page with every fence as its region is, and what is wrong, one sentence each.
 */
export function refresh(page, text, root) {
  const problems = []
  const snippets = []
  const imported = new Set()
  const fresh = text.replace(shown, (whole, file, name, language, code) => {
    const region = regionOf(join(root, file), name)
    if (region === undefined) {
      problems.push(`${page}: ${file} has no region ${name}`)
      return whole
    }
    const snippet = isTypeScript.test(language) ? withImports(linesOf(join(root, file)).join('\n'), region) : region
    if (snippet !== code) problems.push(`${page}: differs from ${file}#${name}; run \`npm run docs:check -- --write\``)
    return `<!-- region ${file}#${name} -->\n\n\`\`\`${language}\n${snippet}\`\`\``

    function withImports(source, body) {
      const imports = importsFor(source, body, imported)
      const pasted = imports === '' || body.startsWith('import ') ? imports + body : `${imports}\n${body}`
      for (const declared of namesDeclared(pasted)) imported.add(declared)
      snippets.push(pasted)
      return pasted
    }
  })
  const borrowed = namesBorrowed(page, text, root, problems)
  for (const name of undeclared(snippets))
    if (!borrowed.has(name)) problems.push(`${page}: nothing on the page says what \`${name}\` is`)
  for (const line of unmarkedFences(text))
    problems.push(`${page}:${line}: TypeScript that nothing runs; mark its region`)
  return { fresh, problems }
}

/** An `@example` of a doc comment: its first line names the region that it shows. */
const example = /^( *)\* ```ts\n\1\* \/\/ (examples\/\S+)#(\S+)\n([\s\S]*?)^\1\* ```$/gm

/**
 * Compares the examples of a source's doc comments with their regions.
 *
 * @returns the source with every example as its region is, and what is wrong, one sentence each.
 */
export function refreshExamples(path, text, root) {
  const problems = []
  const fresh = text.replace(example, (whole, indent, file, name, code) => {
    const region = regionOf(join(root, file), name)
    if (region === undefined || region.includes('*/')) {
      problems.push(`${path}: ${file} has no region ${name} that a comment can hold`)
      return whole
    }
    const lines = region.trimEnd().split('\n')
    const shownNow = lines.map((line) => `${`${indent}* ${line}`.trimEnd()}\n`).join('')
    if (shownNow !== code) problems.push(`${path}: differs from ${file}#${name}; run \`npm run docs:check -- --write\``)
    return `${indent}* \`\`\`ts\n${indent}* // ${file}#${name}\n${shownNow}${indent}* \`\`\``
  })
  return { fresh, problems }
}

const isTypeScript = /^tsx?$/

/** A sentence that says which names the snippets take from the snippets, or the code, of another page. */
const borrows = /[Ss]tarts? from ((?:`\w+`(?:, | and )?)+) of \[[^\]]+\]\(([^)#]+)/g

/** The names that a page says it takes from another one, which has to declare them. */
function namesBorrowed(page, text, root, problems) {
  const names = new Set()
  for (const [, list, target] of text.matchAll(borrows)) {
    const other = linesOf(join(root, dirname(page), target)).join('\n')
    const code = target.endsWith('.md') ? [...other.matchAll(shown)].map(([, , , , body]) => body).join('\n') : other
    const declared = namesDeclared(code)
    for (const [, name] of list.matchAll(/`(\w+)`/g)) {
      names.add(name)
      if (!declared.has(name)) problems.push(`${page}: ${target} doesn't declare \`${name}\``)
    }
  }
  return names
}

/** The lines between `// #region name` and its `// #endregion`, without their common indentation. */
export function regionOf(path, name) {
  const lines = linesOf(path)
  const start = lines.findIndex((line) => line.trim() === `// #region ${name}`)
  const length = lines.slice(start + 1).findIndex((line) => line.trim().startsWith('// #endregion'))
  if (start === -1 || length === -1) return undefined
  const region = lines.slice(start + 1, start + 1 + length)
  const indents = region.filter((line) => line.trim() !== '').map((line) => line.length - line.trimStart().length)
  return region.map((line) => `${line.slice(Math.min(...indents))}\n`).join('')
}

function unmarkedFences(text) {
  const marked = new Set([...text.matchAll(shown)].map(({ index }) => text.indexOf('```', index)))
  return [...text.matchAll(/^```(ts|tsx|typescript)$/gm)]
    .filter(({ index }) => !marked.has(index))
    .map(({ index }) => text.slice(0, index).split('\n').length)
}

function linesOf(path) {
  try {
    return readFileSync(path, 'utf8').split('\n')
  } catch (error) {
    if (error.code === 'ENOENT') return []
    throw error
  }
}
