import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SecretContext } from 'mcp-integrations'
import { sha256Hex } from '../../src/model/digest.js'
import { secretContext, type SecretField } from '../../src/registry/servers/secret-context.js'
import { ownerKey, sharedOwner } from '../../src/registry/state/keys.js'
import { openGate } from '../support/gate.js'
import { ana, credentials, makeRegistry } from '../support/registry.js'

/** Pieces that an encoding could confuse: separators, escapes, quotes, case, composition, halves of a character. */
const piece = fc.constantFrom(
  '/',
  '|',
  ':',
  ',',
  '\n',
  '\0',
  ' ',
  '_',
  '%',
  '%5F',
  '%2F',
  '%25',
  '"',
  '\\',
  '\\u0000',
  '.',
  '~',
  "'",
  '(',
  '*',
  'a',
  'A',
  'ä',
  'a\u0308',
  'ß',
  'ss',
  'İ',
  'i',
  '\u200b',
  '\ufeff',
  '\ufffd',
  '💡',
  '\ud83d',
  '\udca1',
  'int-1',
  'x'.repeat(60),
  'ü'.repeat(41),
)
const hostId = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join('').slice(0, 200))
/** What another id could be mistaken for. */
const lookalikes: readonly ((id: string) => string)[] = [
  (id) => id,
  (id) => encodeURIComponent(id.toWellFormed()),
  (id) => ownerKey(id.toWellFormed()),
  (id) => `_${sha256Hex(id)}`,
  (id) => sha256Hex(id),
  (id) => id.toUpperCase(),
  (id) => id.normalize('NFC'),
  (id) => id.normalize('NFD'),
  (id) => id.trim(),
  (id) => `${id}\0`,
  (id) => id.toWellFormed(),
]
const alike = fc
  .tuple(hostId, hostId, fc.constantFrom(...lookalikes), fc.boolean())
  .map(([one, other, of, isOther]) => [one, isOther ? other : of(one)] as const)

/** Whether the registry takes it for an id. */
const isTaken = (id: string): boolean => {
  try {
    registry.actingAs({ workspaceId: id, userId: id })
    return true
  } catch {
    return false
  }
}
const registry = makeRegistry()

describe('the context that a secret is sealed with', () => {
  const fields: readonly SecretField[] = ['headers', 'tokens', 'client', 'oauth', 'flow']
  const secret = fc.record({
    workspaceId: hostId,
    integrationId: fc.constantFrom('a', 'b', 'A', '_', 'a-b', 'a_b'),
    userId: fc.option(hostId, { nil: undefined }),
    field: fc.constantFrom(...fields),
  })
  type Secret = typeof secret extends fc.Arbitrary<infer T> ? T : never
  const contextOf = ({ workspaceId, integrationId, userId, field }: Secret): SecretContext =>
    secretContext({ workspaceId, integrationId, owner: userId === undefined ? sharedOwner : ownerKey(userId) }, field)

  it("is never another secret's", () => {
    fc.assert(
      fc.property(secret, secret, alike, alike, (left, right, [one, other], [here, there]) => {
        const pairs = [
          [left, right],
          [left, { ...left, userId: right.userId }],
          [left, { ...left, field: right.field, integrationId: right.integrationId }],
          [
            { ...left, userId: one },
            { ...left, userId: other },
          ],
          [
            { ...left, workspaceId: here },
            { ...left, workspaceId: there },
          ],
          [
            { ...left, userId: undefined },
            { ...left, userId: one },
          ],
        ] as const
        for (const [a, b] of pairs) {
          const isKnown = [a, b].every(({ workspaceId, userId }) => isTaken(workspaceId) && isTaken(userId ?? 'x'))
          if (!isKnown) continue
          const isSame = a.userId === b.userId && JSON.stringify({ ...a }) === JSON.stringify({ ...b })
          expect(JSON.stringify(contextOf(a)) === JSON.stringify(contextOf(b)), JSON.stringify([a, b])).toBe(isSame)
          expect(contextOf(a)).toEqual(contextOf({ ...a }))
        }
      }),
      { numRuns: 2_000, seed: 20_261_126 },
    )
  })

  it('opens nothing that was sealed for a similar one', async () => {
    await fc.assert(
      fc.asyncProperty(alike, async ([one, other]) => {
        if (!isTaken(one) || !isTaken(other)) return
        const [mine, theirs] = [one, other].map((userId) =>
          contextOf({ workspaceId: 'acme', integrationId: 'a', userId, field: 'tokens' }),
        )
        const sealed = await credentials.seal('secret', mine!)
        expect(await credentials.open(sealed, mine!)).toBe('secret')
        if (one === other) return
        await expect(credentials.open(sealed, theirs!)).rejects.toMatchObject({ code: 'credential_unreadable' })
      }),
      { numRuns: 200, seed: 20_261_126 },
    )
  })

  it('has an owner for every id that the registry takes: one segment of a key, and not the shared one', () => {
    fc.assert(
      fc.property(hostId, (id) => {
        fc.pre(isTaken(id))
        expect(ownerKey(id)).toMatch(/^[!-.0-~]{1,120}$/)
        expect(ownerKey(id)).not.toBe(sharedOwner)
        expect(ownerKey(id)).toBe(ownerKey(String(JSON.parse(JSON.stringify(id)))))
      }),
      { numRuns: 2_000, seed: 20_261_126 },
    )
  })

  it('is the same for a secret and for its resealing, whoever it belongs to', async () => {
    const seen: SecretContext[] = []
    const vault = {
      ...credentials,
      seal: (text: string, context: SecretContext) => (seen.push(context), credentials.seal(text, context)),
      currentKey: () => 'another',
    }
    for (const userId of ['ana', '_', 'a/b|c', '%5F', 'ü'.repeat(100)]) {
      const gate = await openGate({ credentials: vault })
      const mine = gate.as({ ...ana, userId })
      await mine.connect({ url: gate.server.url, name: 'Own', agents: ['assistant'], headers: { 'X-Key': 'secret' } })
      const sealed = seen.splice(0)
      const { unreadable, resealed } = await gate.registry.resealAll()
      expect({ unreadable, resealed }).toEqual({ unreadable: 0, resealed: sealed.length })
      expect(seen.splice(0)).toEqual(sealed)
    }
  })
})
