import type { Actor } from 'mcp-integrations'

/** Who can be switched between. A product has its own sign-in: this cookie is only for looking around. */
export const people: Readonly<Record<string, Actor & { readonly name: string }>> = {
  ana: { workspaceId: 'acme', userId: 'ana', name: 'Ana', role: 'admin' },
  bo: { workspaceId: 'acme', userId: 'bo', name: 'Bo' },
}

/** The person of a request. */
export function whoIs(request: Request): Actor {
  const named = /(?:^|;\s*)person=(\w+)/.exec(request.headers.get('cookie') ?? '')?.[1]
  const { workspaceId, userId, role } = (named === undefined ? undefined : people[named]) ?? people['ana']!
  return { workspaceId, userId, role }
}
