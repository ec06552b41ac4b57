import { isIntegrationError } from '../model/errors.js'
import type { CredentialVault, SecretContext } from '../ports/credential-vault.js'
import { equal, rejected, type TestRunner, truthy } from './assertions.js'

/** Creates the vault to test. */
export type MakeVault = () => CredentialVault | Promise<CredentialVault>

/**
 * Declares tests for every promise of {@link CredentialVault}.
 *
 * @param runner - `describe` and `it` of your test runner (vitest, jest, mocha, `node:test`, `bun:test`)
 * @param makeVault - called once for each test
 *
 * @example
 * ```ts
 * // examples/guides/credentials.ts#contract
 * const myVault = () => encryptedCredentials({ keys: [{ id: 'a', secret: new Uint8Array(32) }] }) // yours
 * describeVaultContract({ describe, it }, () => myVault())
 * ```
 */
export function describeVaultContract(runner: TestRunner, makeVault: MakeVault): void {
  const { describe, it } = runner

  describe('a credential vault', () => {
    it('opens what it sealed', async () => {
      const vault = await makeVault()
      for (const secret of ['', 's3cret', '{"a":"Ünïcödé 💡 \\u0000 \ufeff"}', '\ufeff\0\n', 'x'.repeat(64 * 1024)]) {
        const sealed = await vault.seal(secret, context)
        truthy((await vault.open(sealed, { ...context })) === secret, 'the secret came back')
        truthy((await vault.open(sealed, context)) === secret, 'it comes back a second time')
      }
    })

    it('seals to printable ASCII that does not show the secret', async () => {
      const vault = await makeVault()
      const secret = `canary-${crypto.randomUUID()}`
      const sealed = await vault.seal(secret, context)
      truthy(/^[\x20-\x7e]+$/.test(sealed) && sealed.length <= 128 * 1024, 'it is at most 128 KiB of printable ASCII')
      for (const shape of [secret, btoa(secret).replace(/=+$/, '')]) {
        truthy(!sealed.includes(shape), 'the sealed value does not show the secret')
      }
    })

    it('opens a value only in the context that it was sealed for', async () => {
      const vault = await makeVault()
      const sealed = await vault.seal('s3cret', context)
      for (const field of Object.keys(context) as (keyof SecretContext)[]) {
        await unreadable(vault, sealed, { ...context, [field]: 'another' })
      }
      await unreadable(vault, sealed, { ...context, workspaceId: 'a', integrationId: 'cme|int-1' })
      equal(await vault.open(sealed, context), 's3cret')
    })

    it('distinguishes contexts that would be equal when joined', async () => {
      const vault = await makeVault()
      const sealed = await vault.seal('s3cret', { ...context, integrationId: 'a|b', owner: 'c' })
      await unreadable(vault, sealed, { ...context, integrationId: 'a', owner: 'b|c' })
      const quoted = await vault.seal('s3cret', { ...context, integrationId: 'a","b', owner: 'c' })
      await unreadable(vault, quoted, { ...context, integrationId: 'a', owner: 'b","c' })
    })

    it('does not open values that it did not seal', async () => {
      const vault = await makeVault()
      const sealed = await vault.seal('s3cret', context)
      const middle = Math.floor(sealed.length / 2)
      for (const damaged of [
        '',
        'garbage',
        '{}',
        'null',
        '[]',
        '""',
        sealed.slice(0, -1),
        sealed.slice(0, middle),
        `${sealed} `,
      ]) {
        await unreadable(vault, damaged, context)
      }
    })

    it('returns the id of the key of a value, if there is one', async () => {
      const vault = await makeVault()
      const sealed = await vault.seal('s3cret', context)
      equal(vault.keyOf?.(sealed), vault.currentKey?.())
      equal(vault.keyOf?.('garbage'), undefined)
    })

    it('seals concurrently', async () => {
      const vault = await makeVault()
      const secrets = Array.from({ length: 50 }, (_, index) => `secret ${index}`)
      const sealed = await Promise.all(secrets.map((secret) => vault.seal(secret, context)))
      equal(await Promise.all(sealed.map((value) => vault.open(value, context))), secrets)
      equal(new Set(await Promise.all(secrets.map(() => vault.seal('same', context)))).size, secrets.length)
    })
  })
}

const context: SecretContext = { workspaceId: 'acme', integrationId: 'int-1', owner: '_', field: 'headers' }

async function unreadable(vault: CredentialVault, sealed: string, at: SecretContext): Promise<void> {
  const error = await rejected(vault.open(sealed, at))
  truthy(
    isIntegrationError(error) && error.code === 'credential_unreadable',
    'it is refused with credential_unreadable',
  )
  truthy(!String((error as Error).stack).includes('s3cret'), 'the error does not contain the secret')
}
