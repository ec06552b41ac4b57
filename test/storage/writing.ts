import type { RegistryStorage } from '../../src/ports/storage.js'

/**
 * Commits three rows at a time, retrying when somebody else wrote first.
 *
 * @returns the keys that the storage completed, and how often somebody else wrote first
 */
export async function writeAgainstOthers(
  storage: RegistryStorage,
  { commits, name }: { readonly commits: number; readonly name: string },
): Promise<{ readonly appended: readonly string[]; readonly lost: number }> {
  const appended: string[] = []
  let lost = 0
  while (appended.length < commits) {
    const [count] = (await storage.read('w', ['count'])).records
    const written = await storage.commit('w', [
      { key: 'count', ifVersion: count?.version ?? null, value: Number(count?.value ?? 0) + 1 },
      { key: `by/${name}/${appended.length}`, value: appended.length },
      { append: 'event/', value: `${name} ${appended.length}` },
    ])
    if (written === false) lost++
    else appended.push(written[2]!.key)
  }
  return { appended, lost }
}
