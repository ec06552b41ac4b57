import { describe, expect, it } from 'vitest'
import { expectCpuBelow } from '../support/cpu.js'
import { withoutSecrets, wordsWithoutSecrets } from '../../src/model/secret-words.js'

const secret = 'sk-live/0123456789+AbC'
const encoded = encodeURIComponent(secret)
const every = [...secret].map((letter) => `%${letter.charCodeAt(0).toString(16)}`).join('')

describe('a secret in a text', () => {
  it.each([
    ['as it is', secret],
    ['in capitals', secret.toUpperCase()],
    ['percent-encoded', encoded],
    ['percent-encoded in small letters', encoded.toLowerCase()],
    ['percent-encoded letter by letter', every],
    ['percent-encoded three times', encodeURIComponent(encodeURIComponent(encoded))],
  ])('is removed %s', (_how, written) => {
    expect(withoutSecrets(`key ${written} is wrong, ${written}`, [secret])).toBe('key [removed] is wrong, [removed]')
    expect(wordsWithoutSecrets([`x.${written}.y`, 'other'], [secret])).toEqual(['other'])
  })

  it('is removed where the text ends inside it, but not where only a few letters are left', () => {
    expect(withoutSecrets(`key ${secret.slice(0, -1)}`, [secret])).toBe('key [removed]')
    expect(withoutSecrets(`key ${encoded.slice(0, 14)}`, [secret])).toBe('key [removed]')
    expect(withoutSecrets('a risk', [secret])).toBe('a risk')
  })

  it('is removed once where secrets overlap', () => {
    expect(withoutSecrets('a secret-token z', ['secret-token', 'secret', 'token'])).toBe('a [removed] z')
  })

  it('changes nothing else of the text', () => {
    for (const text of ['', '100% of İ', '%zz %e2%82 %', 'a\ud83d\ude00b %25', 'ſtraße'])
      expect(withoutSecrets(text, [secret, ''])).toBe(text)
  })

  it('is removed at the end also where it repeats itself', () => {
    expect(withoutSecrets(`ab ${'ab'.repeat(5)}a`, [`${'ab'.repeat(6)}!`])).toBe('ab [removed]')
  })

  it('is looked for in time that grows with texts and secrets, however many there are of both', async () => {
    const secrets = Array.from({ length: 32 }, (_, n) => 'a'.repeat(16_000) + n)
    const scopes = Array.from({ length: 200 }, (_, n) => `scope:${n}`)
    const texts = Array.from({ length: 8 }, (_, n) => 'a'.repeat(1_900) + n)
    await expectCpuBelow(500, () => {
      expect(texts.map((text) => withoutSecrets(text, secrets))).toEqual(texts)
      expect(wordsWithoutSecrets(scopes, secrets.slice(0, 4))).toEqual(scopes)
    })
  })

  it('is found in time that grows with the text', () => {
    const text = '%25'.repeat(20_000) + 'a'.repeat(20_000)
    expect(withoutSecrets(text, ['a'.repeat(5_000) + 'b', '%'.repeat(100) + '0'])).toHaveLength(text.length - 5_000 + 9)
  })
})
