import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeHandle, modelToolNames } from '../../src/policy/tool-name.js'

const free = (): boolean => false
const handle = fc.string({ unit: 'binary' }).map((name) => makeHandle(name, '', free))
/** The name of a tool that is alone on its server. */
const modelToolName = (of: string, tool: string): string => modelToolNames(of, [tool])[0]!
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
    ['日本語', 'notes'],
    ['', 'notes'],
    ['a very long name of an integration', 'a_very_long_name_of_an_i'],
    ['exactly_twenty_three_ch x', 'exactly_twenty_three_ch'],
  ])('%j becomes %s', (name, expected) => {
    expect(makeHandle(name, 'mcp.notes.example', free)).toBe(expected)
  })

  it('counts up beyond used names', () => {
    const taken = new Set(['linear', 'linear_2'])
    expect(makeHandle('Linear', '', (candidate) => taken.has(candidate))).toBe('linear_3')
    const long = 'a_very_long_name_of_an_i'
    expect(makeHandle(long, '', (candidate) => candidate === long)).toBe('a_very_long_name_of_an_2')
  })

  it('are always of one form, and always different', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { maxLength: 30 }), (names) => {
        const taken = new Set<string>()
        for (const name of names) {
          const made = makeHandle(name, '', (candidate) => taken.has(candidate))
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
    'create_issue',
    'a__b',
    'a_',
    'resolve-library-id',
    'createIssue',
    'Create-Issue',
    'API-get-self',
    '_private',
    'vitamin_c',
    'toString',
    '__proto__',
  ])('keep %s as it is', (tool) => {
    expect(modelToolName('linear', tool)).toBe(`linear__${tool}`)
  })

  it.each([
    ['user-profile/update', /^linear__user_profile_update_h[a-z2-7]{16}$/],
    ['get:weather', /^linear__get_weather_h[a-z2-7]{16}$/],
    ['notes.create', /^linear__notes_create_h[a-z2-7]{16}$/],
    ['查询天气', /^linear___h[a-z2-7]{16}$/],
    ['...', /^linear___h[a-z2-7]{16}$/],
    [`${'long_'.repeat(25)}name`, /^linear__long_long_long_long_long_long_long_lon_h[a-z2-7]{16}$/],
  ])('tell %s from what it could be mistaken for', (tool, expected) => {
    expect(modelToolName('linear', tool)).toMatch(expected)
  })

  it('stay different after folding case and dashes, whatever the order of the list', () => {
    const tools = ['get_user', 'get-user', 'Get_User', 'getUser', 'GETUSER']
    const namesOf = (listed: readonly string[]) =>
      new Map(modelToolNames('a', listed).map((name, n) => [listed[n]!, name]))
    const names = namesOf(tools)
    expect(names.get('get_user')).toBe('a__get_user')
    expect(names.get('get-user')).toMatch(/^a__get_user_h[a-z2-7]{16}$/)
    expect(names.get('getUser')).toMatch(/^a__getuser_h[a-z2-7]{16}$/)
    for (const tool of tools) expect(namesOf(tools.toReversed()).get(tool)).toBe(names.get(tool))
  })

  it("can't be imitated by a name that looks like a hashed one", () => {
    const changed = modelToolName('a', 'create issue')
    const imitation = changed.slice('a__'.length)
    const names = modelToolNames('a', ['create issue', imitation, imitation.toUpperCase()])
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(3)
  })

  it('differ for tools that differ, and hold for any model', () => {
    fc.assert(
      fc.property(handle, toolName, handle, toolName, (handle1, tool1, handle2, tool2) => {
        const [one, two] = [modelToolName(handle1, tool1), modelToolName(handle2, tool2)]
        expect(one).toMatch(/^[A-Za-z0-9_-]{1,64}$/)
        expect(one === two).toBe(handle1 === handle2 && tool1 === tool2)
      }),
      { numRuns: 3000 },
    )
  })

  it('differ within one server as providers compare them, however alike its tools are called', () => {
    const alike = fc.uniqueArray(fc.oneof(fc.stringMatching(/^[aA_.-]{1,5}$/), toolName), { maxLength: 60 })
    fc.assert(
      fc.property(handle, alike, (of, tools) => {
        const folded = modelToolNames(of, tools).map((name) => name.toLowerCase().replaceAll('-', '_'))
        expect(new Set(folded).size).toBe(tools.length)
      }),
    )
  })

  it('distinguish lone surrogates', () => {
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
