import { describe, expect, it } from 'vitest'
import { chooseScopes, parseScopes } from '../../src/oauth/scopes.js'
import { discovered } from '../support/oauth.js'

const plain = discovered('https://as.example')
const supported = { ...plain, scopesSupported: ['read', 'write'] }
const offline = discovered('https://as.example', { scopes_supported: ['read', 'offline_access'] })
const challenge = (...scopes: string[]) => ({ status: 403 as const, scopes })

describe('scope choice', () => {
  it('prefers the challenge, then all that the resource supports, then asks for nothing', () => {
    expect(chooseScopes(challenge('x'), supported, undefined, {})).toEqual(['x'])
    expect(chooseScopes({ status: 401 }, supported, undefined, {})).toEqual(['read', 'write'])
    expect(chooseScopes(undefined, plain, undefined, {})).toEqual([])
  })

  it('requests exactly the scopes of the settings', () => {
    expect(chooseScopes(challenge('x', 'admin'), supported, undefined, { scopes: ['read'] })).toEqual(['read'])
  })

  it('asks for everything granted before when it steps up', () => {
    expect(chooseScopes(challenge('write'), supported, ['read'], {})).toEqual(['read', 'write'])
    expect(chooseScopes(challenge('read', 'write'), plain, ['read'], { scopes: ['x'] })).toEqual(['read', 'x', 'write'])
  })

  it('adds offline_access only where the authorization server lists it, and never alone', () => {
    expect(chooseScopes(challenge('read'), offline, undefined, {})).toEqual(['read', 'offline_access'])
    expect(chooseScopes(undefined, offline, undefined, {})).toEqual([])
    expect(chooseScopes(challenge('read', 'offline_access'), plain, undefined, {})).toEqual(['read'])
    expect(chooseScopes(undefined, { ...plain, scopesSupported: ['read', 'offline_access'] }, undefined, {})).toEqual([
      'read',
    ])
  })

  it('adds no offline_access where no person signs in', () => {
    expect(chooseScopes(challenge('read'), offline, undefined, { grant: { type: 'client_credentials' } })).toEqual([
      'read',
    ])
  })
})

describe('scopes that a server names', () => {
  it.each(['say "yes"', 'back\\slash', 'écrire', 'a\u0007b', 'x'.repeat(257)])(
    'are left out if they are none: %j',
    (name) => {
      const named = parseScopes(`read ${name} write`)
      expect(named).toEqual(expect.arrayContaining(['read', 'write']))
      expect(named).not.toEqual(expect.arrayContaining([expect.stringMatching(/[^a-z]|x{257}/)]))
    },
  )

  it('are taken once each, and 200 at most', () => {
    expect(parseScopes('read write read')).toEqual(['read', 'write'])
    expect(parseScopes(Array.from({ length: 1_000 }, (_, n) => `s${n}`).join(' '))).toHaveLength(200)
  })
})
