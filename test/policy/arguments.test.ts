import fc from 'fast-check'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { isIntegrationError } from '../../src/model/errors.js'
import { displayArguments, copyArguments } from '../../src/policy/arguments.js'

/** The path that was refused, and why. */
function refusal(args: unknown, options?: { maxBytes: number }): string {
  try {
    copyArguments(args, options)
  } catch (error) {
    if (!isIntegrationError(error) || error.code !== 'invalid_input') throw error
    expect(error.fields).toHaveLength(1)
    return `${error.fields![0]!.path} ${error.fields![0]!.message}`
  }
  return 'taken'
}

function nested(levels: number): unknown {
  let value: unknown = 'deep'
  for (let n = 0; n < levels; n++) value = n % 2 === 0 ? [value] : { a: value }
  return value
}

/** What a person read, taken at its word: the escapes are undone, the rest is JSON. */
function readBack(text: string): unknown {
  const json = text.replace(/(\\\\)|\\u\{([0-9A-F]+)\}/g, (all, backslashes: string | undefined, code: string) =>
    backslashes === undefined ? String.fromCodePoint(Number.parseInt(code, 16)) : all,
  )
  return JSON.parse(json) as unknown
}

describe('arguments', () => {
  it('are copied as plain JSON and hashed by RFC 8785', () => {
    const args = { to: 'ana', amount: 12.5, tags: ['a', null, true], more: {} }
    const taken = copyArguments(args)
    expect(taken.value).toEqual(args)
    expect(taken.json).toBe('{"to":"ana","amount":12.5,"tags":["a",null,true],"more":{}}')
    expect(taken.digest).toBe('1e4jHE66lEd10XEBCr_K56iq911HkWrnDyi3vPrv3SQ')
  })

  it('have one digest, in whatever order their fields come', () => {
    expect(copyArguments({ a: 1, b: { c: 2, d: 3 } }).digest).toBe(copyArguments({ b: { d: 3, c: 2 }, a: 1 }).digest)
    expect(copyArguments({ a: 1 }).digest).not.toBe(copyArguments({ a: '1' }).digest)
  })

  it('may be left out', () => {
    expect(copyArguments(undefined).json).toBe('{}')
    expect(copyArguments(undefined).digest).toBe(copyArguments({}).digest)
  })

  it('are plain objects of other realms, or without a prototype, too', () => {
    expect(copyArguments(runInNewContext('({ a: [1] })')).json).toBe('{"a":[1]}')
    expect(copyArguments(Object.assign(Object.create(null), { a: 1 })).json).toBe('{"a":1}')
  })

  it("can't be changed after they were copied", () => {
    const original = { list: [{ amount: 1 }] }
    const { value, json } = copyArguments(original)
    original.list[0]!.amount = 1000
    const mine = value as typeof original
    expect(() => (mine.list[0]!.amount = 1000)).toThrow(TypeError)
    expect(() => mine.list.push({ amount: 1000 })).toThrow(TypeError)
    expect(JSON.stringify(value)).toBe(json)
  })

  it.each([
    ['a list', [1], 'args must be a JSON object'],
    ['a text', '{}', 'args must be a JSON object'],
    ['undefined', { a: undefined }, "args.a is undefined, which JSON can't carry"],
    ['a function', { a: { b: () => 1 } }, "args.a.b is a function, which JSON can't carry"],
    ['a symbol', { a: [Symbol('s')] }, "args.a[0] is a symbol, which JSON can't carry"],
    ['a bigint', { a: 1n }, "args.a is a bigint, which JSON can't carry"],
    ['NaN', { a: Number.NaN }, 'args.a is not a finite number'],
    ['Infinity', { a: -Infinity }, 'args.a is not a finite number'],
    ['-0', { a: [{ b: -0 }] }, 'args.a[0].b is -0, which JSON sends as 0'],
    ['2^53', { a: 2 ** 53 }, 'args.a is a whole number beyond 2^53: send it as a string'],
    ['a negative beyond', { a: -(2 ** 53) }, 'args.a is a whole number beyond 2^53: send it as a string'],
    ['half a surrogate pair', { a: 'x\ud83d' }, 'args.a has half of a surrogate pair'],
    ['such a key', { a: { 'x\ude00': 1 } }, 'args.a has a key with half of a surrogate pair'],
    ['a symbol as key', { a: { [Symbol('s')]: 1 } }, 'args.a has a symbol as a key'],
    ['a date', { a: new Date(0) }, 'args.a is not a plain object'],
    ['a map', { a: new Map() }, 'args.a is not a plain object'],
    ['a boxed text', { a: Object('x') }, 'args.a is not a plain object'],
    ['an heir', { a: Object.create({ b: 1 }) }, 'args.a is not a plain object'],
    ['toJSON', { a: { toJSON: () => 'other' } }, "args.a.toJSON is a function, which JSON can't carry"],
    ['a hole', { a: [1, , 3] }, 'args.a is not a plain list'], // oxlint-disable-line no-sparse-arrays
    ['a list with more than items', { a: Object.assign([1], { b: 2 }) }, 'args.a is not a plain list'],
    ['__proto__ as a key', JSON.parse('{"a":{"__proto__":{"b":1}}}'), 'args.a has the key __proto__'],
    [
      'something hidden',
      { a: Object.defineProperty({}, 'b', { value: 1 }) },
      'args.a.b is not enumerable, so it would not be sent',
    ],
  ])('are refused with %s', (_what, args, expected) => {
    expect(refusal(args)).toBe(expected)
  })

  it('never run a getter', () => {
    let runs = 0
    const args = {
      get to() {
        runs++
        return 'ana'
      },
    }
    expect(refusal(args)).toBe('args.to is not a plain value')
    expect(runs).toBe(0)
  })

  it('of a proxy are read once: later values do not count', () => {
    let reads = 0
    const args = new Proxy(
      { to: 'ana' },
      {
        getOwnPropertyDescriptor: (target, key) => ({
          ...Reflect.getOwnPropertyDescriptor(target, key)!,
          value: reads++ === 0 ? 'ana' : 'eve',
        }),
      },
    )
    const taken = copyArguments(args)
    expect(reads).toBe(1)
    expect(taken.json).toBe('{"to":"ana"}')
    expect(taken.value).toEqual({ to: 'ana' })
    expect(copyArguments(taken.value).digest).toBe(taken.digest)
  })

  const angry = (): never => {
    throw new Error('secret-canary')
  }
  const revoked = Proxy.revocable([], {})
  revoked.revoke()
  it.each([
    ['keys', new Proxy({}, { ownKeys: angry })],
    ['values', new Proxy({ b: 1 }, { getOwnPropertyDescriptor: angry })],
    ['a prototype', new Proxy({}, { getPrototypeOf: angry })],
    ['a length', new Proxy([], { get: angry })],
    ['anything', revoked.proxy],
  ])('of a proxy that throws for %s are refused, without its words', (_what, hostile) => {
    expect(refusal({ a: hostile })).toMatch(/^args\.a(\.b)? can't be read$/)
  })

  it.each([-5, 1.5, Number.NaN, '3', { valueOf: angry }])('of a list with the length %o are refused', (length) => {
    const hostile = new Proxy([1], { get: (target, key) => (key === 'length' ? length : Reflect.get(target, key)) })
    expect(refusal({ a: hostile })).toBe('args.a is not a plain list')
  })

  it('nest 64 levels, and no more', () => {
    expect(refusal({ a: nested(63) })).toBe('taken')
    expect(refusal({ a: nested(64) })).toMatch(/nests deeper than 64 levels$/)
  })

  it('5,000 levels deep, or without end, are refused', () => {
    const endless: Record<string, unknown> = {}
    endless.self = endless
    expect(refusal({ a: nested(5000) })).toMatch(/nests deeper than 64 levels$/)
    expect(refusal(endless)).toMatch(/nests deeper than 64 levels$/)
    expect(refusal(JSON.parse(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`))).toMatch(/nests deeper/)
  })

  it('are bounded in bytes, as they are sent', () => {
    const fits = (text: string) => refusal({ a: text }, { maxBytes: 1000 })
    expect(fits('x'.repeat(1000 - '{"a":""}'.length))).toBe('taken')
    expect(fits('x'.repeat(1001 - '{"a":""}'.length))).toBe('args must be at most 1000 bytes of JSON')
    expect(fits('é'.repeat(500))).toBe('args must be at most 1000 bytes of JSON')
    expect(fits('\u0000'.repeat(200))).toBe('args must be at most 1000 bytes of JSON')
    expect(refusal({ a: 'x'.repeat(65_000) })).toBe('taken')
    expect(refusal({ a: 'x'.repeat(70_000) })).toBe('args is too large')
    expect(refusal({ a: 'x'.repeat(200_000) }, { maxBytes: 256 * 1024 })).toBe('taken')
  })

  it('that would grow without end are refused early', () => {
    let doubled: unknown = ['x']
    for (let n = 0; n < 60; n++) doubled = [doubled, doubled]
    expect(refusal({ a: doubled })).toBe('args is too large')
    expect(refusal({ a: Array.from({ length: 1e6 }, () => 0) })).toBe('args is too large')
  })

  it('name the field, never its value, and not all of a long name', () => {
    const message = refusal({ ['k'.repeat(500)]: { secret: Number.NaN } })
    expect(message).toBe(`args.${'k'.repeat(64)}.secret is not a finite number`)
  })
})

describe('arguments for a screen', () => {
  it('are indented, with nothing hidden in them', () => {
    expect(displayArguments({ to: 'ana\u202e', more: ['a\nb'] })).toEqual({
      text: '{\n  "to": "ana\\u{202E}",\n  "more": [\n    "a\\nb"\n  ]\n}',
      hiddenCharacters: 0,
    })
  })

  it('distinguish an escape from a text that looks like one', () => {
    expect(displayArguments({ a: '\\u{202E}' }).text).not.toBe(displayArguments({ a: '\u202e' }).text)
  })

  it('contain the number of hidden characters of long values', () => {
    const { text, hiddenCharacters } = displayArguments({ a: 'x'.repeat(150_000) })
    expect(text).toHaveLength(100_000)
    expect(text.length + hiddenCharacters).toBe('{\n  "a": ""\n}'.length + 150_000)
  })
})

describe('shown, hashed and sent arguments are equal, or the call is refused', () => {
  const hostileNumber = fc.oneof(fc.double(), fc.constantFrom(-0, 2 ** 53, -(2 ** 53) - 2, 1e21, 5e-324, 1e300))
  const hostile = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 6 },
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('\\', 'u', '{', '}', '2', '0', 'E', '\u202e', '\ud800', '"', '\n') }),
      hostileNumber,
      fc.constantFrom<unknown>(null, true, undefined, 1n, new Date(0), () => 1),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(
        fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('__proto__', 'toJSON', '1', '0')),
        tie('value'),
        { maxKeys: 4 },
      ),
      tie('value').map((inner) => new Proxy({ inner }, {})),
      tie('value').map((inner) => ({ toJSON: () => inner })),
      tie('value').map((inner) => ({
        get inner() {
          return inner
        },
      })),
    ),
  })).value
  const objects = fc.oneof(
    fc.dictionary(fc.string({ unit: 'binary' }), hostile, { maxKeys: 4 }),
    fc.jsonValue({ maxDepth: 5 }).map((value) => ({ value })),
  )

  it('for any arguments', () => {
    let taken = 0
    fc.assert(
      fc.property(objects, (args) => {
        let result
        try {
          result = copyArguments(args)
        } catch (error) {
          expect(isIntegrationError(error) && error.code).toBe('invalid_input')
          return
        }
        taken++
        const { value, json, digest } = result
        const sent = JSON.parse(JSON.stringify({ params: { arguments: value } })) as { params: { arguments: unknown } }
        expect(JSON.stringify(sent.params.arguments)).toBe(json)
        expect(copyArguments(sent.params.arguments).digest).toBe(digest)
        expect(copyArguments(JSON.parse(json)).digest).toBe(digest)
        const { text, hiddenCharacters } = displayArguments(value)
        expect(hiddenCharacters).toBe(0)
        expect(copyArguments(readBack(text)).digest).toBe(digest)
      }),
      { numRuns: 2000 },
    )
    expect(taken).toBeGreaterThan(200)
  })
})
