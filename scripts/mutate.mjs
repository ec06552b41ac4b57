// Takes one cure after the other out of the sources, as the lists in test/mutation/ name them, and runs the tests that
// should notice. Fails when none does. An argument chooses the mutations whose sentence holds it; --short leaves out slow
// ones. Two processes share them.
// --help: only prints the sentences.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { createVitest } from 'vitest/node'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const { paths } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')).compilerOptions

/** The mutated text of files, by path. Nothing is written to disk. */
const mutated = new Map()
const listed = await readMutations()
const wanted = process.argv.slice(2).filter((word) => !word.startsWith('-'))
const isShort = process.argv.includes('--short')
const mutations = listed.filter(
  ({ without, isSlow }) =>
    (wanted.length === 0 || wanted.some((word) => without.includes(word))) && !(isShort && isSlow),
)
const healthy = new Set()
let vitest
if (process.argv.includes('--help')) printSentences()
else if (process.send === undefined) await parent()
else await child()

function printSentences() {
  console.log('node scripts/mutate.mjs [words of a sentence …]')
  for (const { without } of mutations) console.log(`without ${without}`)
}

/** Both processes try the mutations of half of the test files. */
async function parent() {
  refuseImpossible(listed)
  const noticed = await Promise.all(
    [0, 1].map(async (half) => {
      const other = fork(fileURLToPath(import.meta.url), [...wanted, ...(isShort ? ['--short'] : []), `--half=${half}`])
      let count = 0
      other.on('message', (each) => (count += each))
      await once(other, 'exit')
      return count
    }),
  )
  const sum = noticed[0] + noticed[1]
  console.log(`${sum} of ${mutations.length} mutations noticed`)
  process.exit(sum === mutations.length && sum > 0 ? 0 : 1)
}

async function child() {
  const half = process.argv.includes('--half=0') ? 0 : 1
  const files = [...new Set(mutations.map(({ test }) => test))]
  vitest = await startVitest()
  for (const mutation of mutations) {
    if (files.indexOf(mutation.test) % 2 !== half) continue
    const started = performance.now()
    const outcome = await tried(mutation).catch((error) => `IMPOSSIBLE: ${error.message}`)
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    console.log(`${outcome}  without ${mutation.without}  (${seconds} s)`)
    if (outcome === 'noticed ') process.send(1)
  }
  await vitest.close()
  process.disconnect()
}

/**
 * Every list in test/mutation/: what is missing then (`without`), how the sources lose it (`edits`: file, search,
 * replace), and the test that has to fail (`test`, and by its name `named`).
 */
async function readMutations() {
  const folder = join(root, 'test/mutation')
  const files = readdirSync(folder).filter((name) => name.endsWith('.mjs'))
  const lists = await Promise.all(files.map((name) => import(pathToFileURL(join(folder, name)).href)))
  return lists.flatMap(({ default: list }) => list)
}

/** Ends the process before any test runs when the text of one mutation, chosen or not, is no longer in its file. */
function refuseImpossible(all) {
  const reasons = all.flatMap((mutation) => {
    try {
      if (!existsSync(join(root, mutation.test))) throw new Error(`there is no ${mutation.test}`)
      mutate(mutation)
      return []
    } catch (error) {
      return [`IMPOSSIBLE  without ${mutation.without}: ${error.message}`]
    } finally {
      mutated.clear()
    }
  })
  if (reasons.length === 0) return
  console.log(reasons.join('\n'))
  process.exit(1)
}

async function tried(mutation) {
  await refuseSick(mutation)
  return (await notices(mutation)) ? 'noticed ' : 'SURVIVED'
}

/** A test that fails anyway, or doesn't run, notices nothing. */
async function refuseSick({ test, named }) {
  const key = `${test} ${named ?? ''}`
  if (healthy.has(key)) return
  const results = await run({ test, named })
  if (results.length === 0) throw new Error(`no test runs in ${test}`)
  if (results.includes('failed')) throw new Error(`${test} fails without any mutation`)
  healthy.add(key)
}

async function notices(mutation) {
  mutate(mutation)
  const files = [...mutated.keys()]
  try {
    for (const file of files) vitest.invalidateFile(file)
    return (await run(mutation)).includes('failed')
  } finally {
    mutated.clear()
    for (const file of files) vitest.invalidateFile(file)
  }
}

function mutate({ edits }) {
  for (const edit of edits) {
    const file = join(root, edit.file)
    mutated.set(file, edited(mutated.get(file) ?? readFileSync(file, 'utf8'), edit))
  }
}

/** The text without the cure. It must be there exactly once, so that a mutation doesn't outlive the code it is about. */
function edited(text, { file, search, replace }) {
  const parts = text.split(search)
  if (parts.length !== 2) throw new Error(`${file} holds ${parts.length - 1} times: ${search}`)
  return parts.join(replace)
}

/** The states of the tests that ran. */
async function run({ test, named }) {
  if (named === undefined) vitest.resetGlobalTestNamePattern()
  else vitest.setGlobalTestNamePattern(new RegExp(named.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)))
  const file = join(root, test)
  const specifications = await vitest.globTestSpecifications([file])
  const { testModules } = await vitest.runTestSpecifications(specifications)
  // Results of earlier runs of other files are among them.
  const module = testModules.find(({ moduleId }) => moduleId === file)
  const [error] = module?.errors() ?? []
  if (error !== undefined) throw new Error(`${test} doesn't load: ${error.message}`)
  return [...(module?.children.allTests() ?? [])]
    .map((each) => each.result().state)
    .filter((state) => state !== 'skipped')
}

function startVitest() {
  const alias = Object.entries(paths).map(([name, [source]]) => ({
    find: new RegExp(`^${name}$`),
    replacement: join(root, source),
  }))
  return createVitest(
    'test',
    {
      root,
      config: false,
      watch: false,
      reporters: [{}],
      // A call that doesn't end without its cure has failed too.
      testTimeout: 30_000,
      expect: { poll: { timeout: 10_000 } },
    },
    {
      resolve: { alias },
      plugins: [{ name: 'mutant', enforce: 'pre', transform: (_code, id) => mutated.get(id) }],
    },
  )
}
