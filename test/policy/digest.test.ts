import { describe, expect, it } from 'vitest'
import type { JsonValue } from '../../src/model/json.js'
import { canonicalJson, digestOf } from '../../src/policy/digest.js'

describe('canonical JSON', () => {
  it('is that of the examples of RFC 8785', () => {
    const text = String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`
    expect(canonicalJson(JSON.parse(text) as JsonValue)).toBe(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    )
  })

  it('has names in the order of their UTF-16 code units, also numbers and those of two units', () => {
    const fields = { '\ufb33': 0, '\u{1f600}': 0, ö: 0, '\r': 0, 10: 0, 2: 0, 1: 0 }
    expect(canonicalJson(fields)).toBe('{"\\r":0,"1":0,"10":0,"2":0,"ö":0,"\u{1f600}":0,"\ufb33":0}')
  })

  it('has the same order where only some names are numbers, at any depth', () => {
    const text = '{"$a":{"+1":1,"0":[{"a":null,"10":1,"9":2}],"x":"y"},"b":[]}'
    expect(canonicalJson(JSON.parse(text) as JsonValue)).toBe(
      '{"$a":{"+1":1,"0":[{"10":1,"9":2,"a":null}],"x":"y"},"b":[]}',
    )
  })

  it('contains a member called __proto__ like any other', () => {
    const value = (text: string): JsonValue => JSON.parse(text) as JsonValue
    expect(canonicalJson(value('{"b":1,"__proto__":{"a":2}}'))).toBe('{"__proto__":{"a":2},"b":1}')
    expect(digestOf(value('{"b":1,"__proto__":{"a":2}}'))).not.toBe(digestOf(value('{"b":1}')))
  })

  it('is the same whatever order an object was written in, and another for a list', () => {
    expect(digestOf({ a: [1, 2], b: { c: null, d: 'x' } })).toBe(digestOf({ b: { d: 'x', c: null }, a: [1, 2] }))
    expect(digestOf([1, 2])).not.toBe(digestOf([2, 1]))
  })
})
