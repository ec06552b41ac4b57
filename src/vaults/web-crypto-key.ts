/** A key of Web Crypto, for projects without browser types, where `CryptoKey` is not a global type. */
export type WebCryptoKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>
