import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Guides show code that runs elsewhere: a line `<!-- region examples/quickstart/main.ts#connect -->` before a fence says
 * which region of which file it is.
 */
const shown = /^<!-- region (\S+?)#(\S+) -->\n+```(\w+)\n([\s\S]*?)^```$/gm

/**
 * Compares the fences of a page with their regions.
 *
 * @returns the page with every fence as its region is, and what is wrong, one sentence each.
 */
export function refresh(page, text, root) {
  const problems = []
  const fresh = text.replace(shown, (whole, file, name, language, code) => {
    const region = regionOf(join(root, file), name)
    if (region === undefined) problems.push(`${page}: ${file} has no region ${name}`)
    else if (region !== code)
      problems.push(`${page}: differs from ${file}#${name}; run \`npm run docs:check -- --write\``)
    return region === undefined ? whole : `<!-- region ${file}#${name} -->\n\n\`\`\`${language}\n${region}\`\`\``
  })
  for (const line of unmarkedFences(text))
    problems.push(`${page}:${line}: TypeScript that nothing runs; mark its region`)
  return { fresh, problems }
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
