import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeHandle, modelToolName } from '../../src/policy/tool-name.js'

const free = (): boolean => false
const handle = fc.string({ unit: 'binary' }).map((name) => makeHandle(name, free))
/** Names that servers give, and what a hostile one would try. */
const toolName = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9_.-]{1,128}$/),
  fc.stringMatching(/^[a-z]{1,4}_h[a-z2-7]{16}$/),
  fc.stringMatching(/^[aA_.-]{0,6}$/),
  fc.stringMatching(/^[aAkc_-]{1,6}(?:_k|_c|-k|C|K)?$/),
  fc.string({ unit: 'binary' }),
)

describe('handles', () => {
  it.each([
    ['Linear', 'linear'],
    ['My GitHub (work)', 'my_github_work'],
    ['  __a--b__  ', 'a_b'],
    ['Café Müller', 'cafe_muller'],
    ['İstanbul', 'istanbul'],
    ['日本語', 'mcp'],
    ['', 'mcp'],
    ['a very long name of an integration', 'a_very_long_name_of_an_i'],
    ['exactly_twenty_three_ch x', 'exactly_twenty_three_ch'],
  ])('%j becomes %s', (name, expected) => {
    expect(makeHandle(name, free)).toBe(expected)
  })

  it('counts up past what is taken', () => {
    const taken = new Set(['linear', 'linear_2'])
    expect(makeHandle('Linear', (candidate) => taken.has(candidate))).toBe('linear_3')
    const long = 'a_very_long_name_of_an_i'
    expect(makeHandle(long, (candidate) => candidate === long)).toBe('a_very_long_name_of_an_2')
  })

  it('are always of one form, and always different', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { maxLength: 30 }), (names) => {
        const taken = new Set<string>()
        for (const name of names) {
          const made = makeHandle(name, (candidate) => taken.has(candidate))
          expect(made).toMatch(/^[a-z0-9]+(_[a-z0-9]+)*$/)
          expect(made.length).toBeLessThanOrEqual(24)
          expect(taken.has(made)).toBe(false)
          taken.add(made)
        }
      }),
    )
  })
})

describe("models' names for tools", () => {
  it.each([
    ['create_issue', 'linear__create_issue'],
    ['a__b', 'linear__a__b'],
    ['a_', 'linear__a_'],
    ['listusers', 'linear__listusers'],
  ])('keep %s as it is', (tool, expected) => {
    expect(modelToolName('linear', tool)).toBe(expected)
  })

  it.each([
    ['resolve-library-id', /^linear__resolve_library_id_k$/],
    ['createIssue', /^linear__create_issue_c$/],
    ['vitamin_c', /^linear__vitamin_c_h[a-z2-7]{16}$/],
    ['Create-Issue', /^linear__create_issue_h[a-z2-7]{16}$/],
    ['_private', /^linear__private_h[a-z2-7]{16}$/],
    ['...', /^linear___h[a-z2-7]{16}$/],
    [`${'long_'.repeat(25)}name`, /^linear__long_long_long_long_long_long_long_lon_h[a-z2-7]{16}$/],
  ])('tell %s from what it could be mistaken for', (tool, expected) => {
    expect(modelToolName('linear', tool)).toMatch(expected)
  })

  it('stay the same', () => {
    expect(modelToolName('linear', 'create-issue')).toBe('linear__create_issue_k')
  })

  it('can not be imitated by a name that looks as if it had been changed', () => {
    const changed = modelToolName('a', 'create-issue')
    const imitation = changed.slice('a__'.length)
    expect(modelToolName('a', imitation)).not.toBe(changed)
  })

  it('differ for tools that differ, and hold for any model', () => {
    fc.assert(
      fc.property(handle, toolName, handle, toolName, (handle1, tool1, handle2, tool2) => {
        const [one, two] = [modelToolName(handle1, tool1), modelToolName(handle2, tool2)]
        expect(one).toMatch(/^[a-z0-9_]{1,64}$/)
        expect(one === two).toBe(handle1 === handle2 && tool1 === tool2)
        expect(modelToolName(handle1, tool1)).toBe(one)
      }),
      { numRuns: 3000 },
    )
  })

  it('differ within one server, however alike its tools are called', () => {
    const alike = fc.uniqueArray(fc.oneof(fc.stringMatching(/^[aA_.-]{1,5}$/), toolName), { maxLength: 60 })
    fc.assert(
      fc.property(handle, alike, (of, tools) => {
        expect(new Set(tools.map((tool) => modelToolName(of, tool))).size).toBe(tools.length)
      }),
    )
  })

  it('tell halves of surrogate pairs apart', () => {
    expect(modelToolName('a', 'x\uD800')).not.toBe(modelToolName('a', 'x\uD801'))
  })

  it('end the handle at the first double underscore', () => {
    fc.assert(
      fc.property(handle, toolName, (of, tool) => {
        expect(modelToolName(of, tool).split('__', 1)[0]).toBe(of)
      }),
    )
  })
})
