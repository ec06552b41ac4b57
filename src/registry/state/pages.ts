import type { Context } from './context.js'

/** All keys under a prefix, without the prefix. */
export async function idsUnder(
  context: Context,
  actor: { readonly workspaceId: string },
  prefix: string,
): Promise<readonly string[]> {
  const ids: string[] = []
  for (let after: string | undefined; ;) {
    const page = await context.storage.list({
      workspaceId: actor.workspaceId,
      prefix,
      limit: 1000,
      after,
    })
    ids.push(...page.records.map((record) => record.key.slice(prefix.length)))
    if (page.next === undefined) return ids
    after = page.next
  }
}
