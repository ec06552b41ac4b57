import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { refresh, refreshExamples } from '../../scripts/regions.mjs'

const example = [
  'function run() {',
  '  // #region call',
  '  const a = 1',
  '',
  '  if (a) console.log(a)',
  '  // #endregion',
  '}',
].join('\n')
const fence = (code: string) => `Lead-in.\n\n<!-- region example.ts#call -->\n\n\`\`\`ts\n${code}\n\`\`\`\n`

let root: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'docs-'))
  await writeFile(join(root, 'example.ts'), example)
})

afterEach(() => rm(root, { recursive: true }))

it('is content with a guide that shows what runs', () => {
  const page = fence('const a = 1\n\nif (a) console.log(a)')
  expect(refresh('guide.md', page, root)).toEqual({ fresh: page, problems: [] })
})

it('notices and mends code that differs', () => {
  const { fresh, problems } = refresh('guide.md', fence('const a = 2'), root)
  expect(problems).toHaveLength(1)
  expect(fresh).toBe(fence('const a = 1\n\nif (a) console.log(a)'))
})

it.each([
  ['a region that is not there', fence('').replace('#call', '#other')],
  ['a file that is not there', fence('').replace('example.ts', 'other.ts')],
  ['code that nothing runs', '```ts\nconst a = 1\n```\n'],
])('notices %s', (_what, page) => {
  const { fresh, problems } = refresh('guide.md', page, root)
  expect(problems).toHaveLength(1)
  expect(fresh).toBe(page)
})

it('leaves other languages alone', () => {
  expect(refresh('guide.md', '```sh\nnpm test\n```\n', root).problems).toEqual([])
})

describe('a snippet that can be pasted', () => {
  const page = (code: string, name = 'use') => `<!-- region paste.ts#${name} -->\n\n\`\`\`ts\n${code}\n\`\`\`\n`
  const source = (body: string) =>
    writeFile(
      join(root, 'paste.ts'),
      `import { open, type Door } from 'house'\nimport { helper } from './helper.js'\n${body}`,
    )
  const use = (code: string, name = 'use') => `// #region ${name}\n${code}\n// #endregion\n`

  it('imports what it uses of a package, at its first use on the page', async () => {
    await source(use('const door: Door = open()') + use('open(door)', 'again'))
    const { fresh, problems } = refresh('guide.md', page('') + page('', 'again'), root)
    expect(fresh).toBe(
      page("import { open, type Door } from 'house'\n\nconst door: Door = open()") + page('open(door)', 'again'),
    )
    expect(refresh('guide.md', fresh, root).problems).toEqual([])
    expect(problems).toHaveLength(2)
  })

  it('imports nothing that it imports itself', async () => {
    await source(use("import { open } from 'house'\nopen()"))
    const { fresh } = refresh('guide.md', page(''), root)
    expect(fresh).toBe(page("import { open } from 'house'\nopen()"))
  })

  it.each([
    ['a name of nowhere', 'open(window2)'],
    ['a helper of the examples', 'helper()'],
    ['a name in a shorthand', 'open({ key })'],
    ['a type of nowhere', 'const a: Window2 = open()'],
    ['a default of nowhere', 'const { a = fallback } = open()'],
  ])('has not %s', async (_what, code) => {
    await source(use(code))
    const { fresh } = refresh('guide.md', page(''), root)
    expect(refresh('guide.md', fresh, root).problems).toEqual([
      expect.stringContaining('nothing on the page says what'),
    ])
  })

  it.each([
    ['properties', 'console.log(process.env.HOME, { a: 1 }.a)'],
    ['parameters', 'const run = ({ a: [b] }: { a: number[] }, ...rest: string[]) => [b, rest]'],
    ['globals', 'const answer: Promise<Response> = fetch(new URL("http://a.example"))'],
  ])('may use %s', async (_what, code) => {
    await source(use(code))
    const { fresh } = refresh('guide.md', page(''), root)
    expect(refresh('guide.md', fresh, root).problems).toEqual([])
  })

  it('may start from what another page declares, and from nothing else there', async () => {
    await source(use('mine.list()'))
    await writeFile(join(root, 'start.md'), page('const mine = 1'))
    const { fresh } = refresh('guide.md', `Starts from \`mine\` of [the start](start.md).\n\n${page('')}`, root)
    expect(refresh('guide.md', fresh, root).problems).toEqual([])
    const wrong = fresh.replace('`mine`', '`mine` and `yours`')
    expect(refresh('guide.md', wrong, root).problems).toEqual(["guide.md: start.md doesn't declare `yours`"])
  })
})

describe('an example of a doc comment', () => {
  const comment = (code: string, name = 'call') =>
    `/**\n * Opens.\n *\n * @example\n * \`\`\`ts\n * // examples/a.ts#${name}\n${code} * \`\`\`\n */\nexport const open = 1\n`
  const right = ' * const a = 1\n *\n * if (a) console.log(a)\n'

  beforeEach(async () => {
    await mkdir(join(root, 'examples'))
    await writeFile(join(root, 'examples/a.ts'), `${example}\n// #region ends\nrun('/*', '*/')\n// #endregion\n`)
  })

  it('shows what runs', () => {
    expect(refreshExamples('a.ts', comment(right), root)).toEqual({ fresh: comment(right), problems: [] })
  })

  it('is mended where it differs', () => {
    const { fresh, problems } = refreshExamples('a.ts', comment(' * const a = 2\n'), root)
    expect(problems).toHaveLength(1)
    expect(fresh).toBe(comment(right))
  })

  it.each(['nowhere', 'ends'])('is not made of the region %s', (name) => {
    const { fresh, problems } = refreshExamples('a.ts', comment('', name), root)
    expect(problems).toHaveLength(1)
    expect(fresh).toBe(comment('', name))
  })
})
