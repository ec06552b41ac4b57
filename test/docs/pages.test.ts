import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { brokenLinks, errorPageProblems, eventPageProblems, securityPageProblems } from '../../scripts/pages.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))

describe('links', () => {
  it.each(['[a](architecture.md)', '[a](../package.json#L1)', '[a](https://a.example/b)', '[a](#b)', '`[a](b.md)`'])(
    'lets %s be',
    (text) => {
      expect(brokenLinks('docs/guide.md', text, root)).toEqual([])
    },
  )

  it('notices one that leads nowhere', () => {
    expect(brokenLinks('docs/guide.md', 'See [a](nowhere.md).', root)).toEqual([
      'docs/guide.md: links to nowhere.md, which is not there',
    ])
  })
})

describe('the page of errors', () => {
  const source = `export const errorCodes = [\n  'timeout',\n  'closed',\n] as const`
  const page = '| code | when |\n|---|---|\n| `timeout` | late |\n| `closed` | over |\n'
  const tests = [`await expect(call()).rejects.toMatchObject({ code: 'timeout' })`, `expect(error.code).toBe('closed')`]

  it('is right with one line and one test for each code', () => {
    expect(errorPageProblems(page, source, tests)).toEqual([])
  })

  it.each([
    ['a code without a line', page.replace('| `closed` | over |\n', ''), tests],
    ['a line without a code', `${page}| \`lost\` | gone |\n`, tests],
    ['a second line', `${page}| \`closed\` | over |\n`, tests],
    ['a code that no test produces', page, tests.slice(1)],
    ['a code that is mentioned only', page, [...tests.slice(1), `it('ends in timeout')`]],
  ])('notices %s', (_what, text, sources) => {
    expect(errorPageProblems(text, source, sources)).toHaveLength(1)
  })
})

describe('the page of events', () => {
  const source = `| { readonly type: 'tools_changed' }\n| { readonly type: 'grant_created' }`

  it('has one line for each event', () => {
    expect(eventPageProblems('| `tools_changed` | x |\n| `grant_created` | x |', source)).toEqual([])
    expect(eventPageProblems('| `tools_changed` | x |', source)).toEqual([
      'docs/events.md: has no line for grant_created',
    ])
  })
})

describe('the page of security', () => {
  const scripts = { 'test:hostile': 'node x' }
  const row = (refuted: string): string =>
    `| threat | cure | refuted by |\n|---|---|---|\n| A wolf | A \`fence\` | ${refuted} |\n`

  it.each([
    '`test/docs/pages.test.ts`',
    '`npm run test:hostile`',
    '`test/docs/pages.test.ts` › `the page of security`',
  ])('may name %s', (refuted) => {
    expect(securityPageProblems(row(refuted), scripts, root)).toEqual([])
  })

  it.each([
    ['a file', '`test/docs/none.test.ts`'],
    ['a script', '`npm run test:none`'],
    ['a title', `\`test/docs/pages.test.ts\` › \`${'no such'} title\``],
    ['anything at all', 'a good feeling'],
  ])('notices that %s is not there', (_what, refuted) => {
    expect(securityPageProblems(row(refuted), scripts, root)).toHaveLength(1)
  })
})
