// Checks that the pages say what the code does; with --write, refreshes the code they show.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brokenLinks, errorPageProblems, eventPageProblems, securityPageProblems } from './pages.mjs'
import { refresh, refreshExamples } from './regions.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const write = process.argv.includes('--write')
const guides = [...pagesIn('.'), ...pagesUnder('docs'), ...pagesUnder('examples')]
const sources = pathsUnder('src')
const tests = pathsUnder('test').map(read)

const found = guides.flatMap((page) => {
  const text = readFileSync(join(root, page), 'utf8')
  const { fresh, problems } = refresh(page, text, root)
  if (!write || fresh === text) return [...problems, ...brokenLinks(page, text, root)]
  writeFileSync(join(root, page), fresh)
  return [...refresh(page, fresh, root).problems, ...brokenLinks(page, fresh, root)]
})
for (const path of sources) {
  const text = read(path)
  const { fresh, problems } = refreshExamples(path, text, root)
  if (write && fresh !== text) writeFileSync(join(root, path), fresh)
  found.push(...(write ? refreshExamples(path, fresh, root).problems : problems))
}
found.push(...errorPageProblems(read('docs/errors.md'), read('src/model/errors.ts'), tests))
found.push(...eventPageProblems(read('docs/events.md'), read('src/model/event.ts')))
found.push(...securityPageProblems(read('docs/security.md'), JSON.parse(read('package.json')).scripts, root))

for (const problem of found) console.log(problem)
console.log(`${guides.length} pages, ${found.length} problems`)
process.exitCode = found.length === 0 ? 0 : 1

function pagesIn(folder) {
  return readdirSync(join(root, folder)).filter((path) => path.endsWith('.md'))
}

/** The reports in docs/api come from a script of their own. */
function pagesUnder(folder) {
  return filesUnder(folder).filter((path) => path.endsWith('.md') && !path.startsWith('docs/api/'))
}

function pathsUnder(folder) {
  return filesUnder(folder).filter((path) => path.endsWith('.ts'))
}

function filesUnder(folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('node_modules'))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .toSorted()
}

function read(path) {
  return readFileSync(join(root, path), 'utf8')
}
