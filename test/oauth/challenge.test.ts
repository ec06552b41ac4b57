import { describe, expect, it } from 'vitest'
import { parseChallenge } from '../../src/oauth/challenge.js'

const refused = (status: number, header?: string) =>
  parseChallenge(new Response(null, { status, headers: header === undefined ? {} : { 'www-authenticate': header } }))

describe('challenge', () => {
  it('treats every 401 as a challenge, and no other response', () => {
    expect(refused(401)).toEqual({ status: 401 })
    expect(refused(200, 'Bearer error="invalid_token"')).toBeUndefined()
    expect(refused(404, 'Bearer')).toBeUndefined()
  })

  it('treats a 403 as a challenge only for a token or scopes, a 400 only for an expired token', () => {
    expect(refused(403)).toBeUndefined()
    expect(refused(403, 'Bearer realm="x"')).toBeUndefined()
    expect(refused(403, 'Basic realm="x"')).toBeUndefined()
    expect(refused(403, 'Bearer error="invalid_token"')).toMatchObject({ status: 403, error: 'invalid_token' })
    expect(refused(403, 'Bearer resource_metadata="https://mcp.example/pr"')).toMatchObject({ status: 403 })
    expect(refused(400, 'Bearer error="invalid_token"')).toMatchObject({ status: 400, error: 'invalid_token' })
    expect(refused(400, 'Bearer error="invalid_request"')).toBeUndefined()
    expect(refused(400)).toBeUndefined()
    expect(refused(403, 'Bearer error="insufficient_scope", scope="a b"')).toEqual({
      status: 403,
      scheme: 'bearer',
      error: 'insufficient_scope',
      scopes: ['a', 'b'],
    })
  })

  it('reads parameters in any order, quoted or not, in any case', () => {
    const expected = {
      status: 401,
      scheme: 'bearer',
      resourceMetadata: 'https://mcp.example/pr',
      scopes: ['a'],
      error: 'invalid_token',
    }
    expect(refused(401, 'Bearer scope="a", error="invalid_token", resource_metadata="https://mcp.example/pr"')).toEqual(
      expected,
    )
    expect(refused(401, 'bearer Resource_Metadata=https://mcp.example/pr ,error=invalid_token , scope=a')).toEqual(
      expected,
    )
  })

  it('understands escapes in quotes, and commas and equals signs', () => {
    const challenge = refused(401, 'Bearer realm="a, \\"b\\" = c", resource_metadata="https://mcp.example/pr?x=1,2"')
    expect(challenge?.resourceMetadata).toBe('https://mcp.example/pr?x=1,2')
  })

  it('finds Bearer or DPoP among several challenges in one header', () => {
    const several = 'Negotiate, Basic realm="x", DPoP algs="ES256", Bearer scope="a", Digest nonce="b"'
    expect(refused(401, several)).toEqual({ status: 401, scheme: 'bearer', scopes: ['a'] })
    expect(refused(401, 'Basic realm="x", DPoP scope="a"')).toEqual({ status: 401, scheme: 'dpop', scopes: ['a'] })
    expect(refused(401, 'Basic scope="a", resource_metadata="https://evil.example"')).toEqual({ status: 401 })
  })

  it('is a bare challenge when the header is junk or too long', () => {
    expect(refused(401, 'Bearer ' + 'x'.repeat(9000))).toEqual({ status: 401 })
    expect(refused(401, '"""{}[]===,,,')).toEqual({ status: 401 })
    expect(refused(401, `Bearer ${'a="b",'.repeat(300)} scope="s"`)?.scopes).toEqual(['s'])
  })

  it('keeps the first of a repeated parameter, unknown errors out, and scopes that can be none out', () => {
    expect(refused(401, 'Bearer scope="a", scope="b", error="<script>"')).toEqual({
      status: 401,
      scheme: 'bearer',
      scopes: ['a'],
    })
    expect(refused(401, 'Bearer scope="ok  ok b\\"d ü"')?.scopes).toEqual(['ok'])
  })
})
