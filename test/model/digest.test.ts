import { bytesToHex } from '@noble/hashes/utils.js'
import { describe, expect, it } from 'vitest'
import { base64url } from '../../src/model/base64url.js'
import { sha256Base64url, sha256Bytes, sha256Hex } from '../../src/model/digest.js'

describe('a digest', () => {
  it('is that of the standard', () => {
    expect(sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  })

  it.each(['', 'abc', 'ä€🎈', 'a\0b', '\ud800 alone', 'x'.repeat(100_000)])(
    'is the same with and without the hash of the platform',
    (text) => {
      expect(sha256Hex(text)).toBe(bytesToHex(sha256Bytes(text)))
      expect(sha256Base64url(text)).toBe(base64url(sha256Bytes(text)))
    },
  )
})
