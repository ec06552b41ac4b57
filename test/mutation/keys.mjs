// Keys that are lost, late or wrong.
import { slow } from '../support/mutation.mjs'
const keys = 'test/registry/lost-keys.test.ts'

/** A mutation of one place. */
const mutation = (without, file, [search, replace], named) => ({
  without,
  edits: [{ file, search, replace }],
  test: keys,
  named,
})

export default [
  mutation(
    'an end of a secret that was sealed too late',
    'src/registry/state/guarded-ports.ts',
    ['if (isLate) await vault.destroy?.(sealed)', ''],
    'that seals too late keeps nothing',
  ),
  slow(
    mutation(
      'a deadline of the credential vault',
      'src/registry/state/guarded-ports.ts',
      ['return await race(work, { timeoutMs: withinMs, runtime, toError: vaultUnavailable })', 'return await work()'],
      'that hangs keeps nobody waiting',
    ),
  ),
  mutation(
    'a second try while a key service hangs',
    'src/vaults/encrypted.ts',
    ['(known.isOpen || now() - known.begunAt < SHARE_OPENING_MS)', 'true'],
    'that hangs keeps nobody waiting',
  ),
  mutation(
    'a look at the name of a key before it is used',
    'src/vaults/key-wrapping.ts',
    ["if (typeof id === 'string' && isKeyId(id))", "if (typeof id !== 'object')"],
    'seals nothing, so that nothing is lost',
  ),
  mutation(
    'a look at a wrapped key before it is stored',
    'src/vaults/key-wrapping.ts',
    ['wrapped instanceof Uint8Array && wrapped.length > 0', 'wrapped !== undefined'],
    'seals nothing',
  ),
  mutation(
    'a way to enter values again whose key is lost',
    'src/registry/servers/headers.ts',
    ['if (kept.length === 0) return {}', ''],
    'is repaired by',
  ),
]
