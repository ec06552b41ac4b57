import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { base64url } from './base64url.js'

/** SHA-256 of UTF-8 text. */
export function sha256Bytes(text: string): Uint8Array {
  return sha256(utf8ToBytes(text))
}

/** SHA-256 of UTF-8 text, in hexadecimal. */
export function sha256Hex(text: string): string {
  return bytesToHex(sha256Bytes(text))
}

/** SHA-256 of UTF-8 text, base64url without padding. */
export function sha256Base64url(text: string): string {
  return base64url(sha256Bytes(text))
}
