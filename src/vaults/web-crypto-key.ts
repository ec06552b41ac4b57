/** A key of Web Crypto, also where the types of browsers are absent and the name `CryptoKey` is not global. */
export type WebCryptoKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>
