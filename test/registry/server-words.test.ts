import { describe, expect, it } from 'vitest'
import { serverWords } from '../../src/registry/servers/server-words.js'

const answer = (): Promise<Response> => Promise.resolve(new Response())

describe("a server's words", () => {
  it('are shown without a key in its URL, however many tokens were sent since', async () => {
    const words = serverWords('https://a.example/v1/sk_live_4f9a1c77/mcp?key=Zx81-22aa-91bc')
    const fetch = words.watching(answer)
    for (let n = 0; n < 40; n++) await fetch('https://a.example', { headers: { authorization: `Bearer token-${n}` } })
    expect(words.clean('No account at /v1/sk_live_4f9a1c77 for zx81-22aa-91bc and token-39.')).toBe(
      'No account at /v1/[removed] for [removed] and [removed].',
    )
  })

  it.each([
    'https://a.example/mcp?sk_live_4f9a1c77',
    'https://a.example/ana:sk_live_4f9a1c77/mcp',
    'https://a.example/mcp;key=sk_live_4f9a1c77',
    'https://a.example/mcp?auth=ana:sk_live_4f9a1c77',
  ])('are shown without a key that is a part of a part: %s', (url) => {
    expect(serverWords(url).clean('No account for sk_live_4f9a1c77.')).toBe('No account for [removed].')
  })

  it.each([
    'https://a.example/api/integrations/mcp',
    'https://a.example/streamable-http',
    'https://a.example/mcp?scope=Notifications',
  ])('keep the words of %s', (url) => {
    const text = 'Integrations, notifications and streamable-http are limited to 5 a minute.'
    expect(serverWords(url).clean(text)).toBe(text)
  })

  it.each(['https://a.example/abcdefghijklmnopqrstuvwxyz', 'https://a.example/kEyOfLettersOnly'])(
    'lose a key of letters: %s',
    (url) => {
      const [, key] = new URL(url).pathname.split('/')
      expect(serverWords(url).clean(`Unknown key ${key!}`)).toBe('Unknown key [removed]')
    },
  )
})
