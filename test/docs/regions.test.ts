import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { refresh } from '../../scripts/regions.mjs'

const example = [
  'function run() {',
  '  // #region call',
  '  const a = 1',
  '',
  '  if (a) call(a)',
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
  const page = fence('const a = 1\n\nif (a) call(a)')
  expect(refresh('guide.md', page, root)).toEqual({ fresh: page, problems: [] })
})

it('notices and mends code that differs', () => {
  const { fresh, problems } = refresh('guide.md', fence('const a = 2'), root)
  expect(problems).toHaveLength(1)
  expect(fresh).toBe(fence('const a = 1\n\nif (a) call(a)'))
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
