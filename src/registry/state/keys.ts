import { sha256Hex } from '../../model/digest.js'

/** The owner of a credential that the whole integration shares. No encoded user id equals it. */
export const sharedOwner = '_'

/**
 * A host's id as part of a key: ASCII, without `/`, at most 120 characters. Two ids never collide: a long id becomes
 * `_` and its SHA-256, and no encoded id contains `_`.
 */
export function ownerKey(userId: string): string {
  const encoded = encodeURIComponent(userId).replace(/_/g, '%5F')
  return encoded.length <= 120 ? encoded : `_${sha256Hex(userId)}`
}

/** The keys of all records, and the prefixes to list them by. */
export const keys = {
  integration: (id: string) => `integration/${id}`,
  handle: (handle: string) => `handle/${handle}`,
  visibleToAll: (id: string) => `visible/all/${id}`,
  visibleTo: (userId: string, id: string) => `visible/u/${ownerKey(userId)}/${id}`,
  status: (id: string, owner: string) => `status/${id}/${owner}`,
  settings: (id: string) => `settings/${id}`,
  accepted: (id: string, tool: string) => `accepted/${id}/${sha256Hex(tool)}`,
  tools: (id: string, owner: string) => `tools/${id}/${owner}`,
  chunk: (hash: string, n: number) => `chunk/${hash}/${n}`,
  chunkUse: (hash: string, id: string, owner: string) => `chunk-use/${hash}/${id}/${owner}`,
  server: (id: string, owner: string) => `server/${id}/${owner}`,
  headers: (id: string, owner: string) => `headers/${id}/${owner}`,
  credential: (id: string, owner: string) => `credential/${id}/${owner}`,
  unrevoked: (id: string, owner: string, lineage: string) => `unrevoked/${id}/${owner}/${lineage}`,
  oauthSettings: (id: string) => `oauth-settings/${id}`,
  client: (id: string) => `client/${id}/_`,
  registering: (name: string) => `registering/${name}`,
  flow: (state: string) => `flow/${sha256Hex(state)}`,
  approval: (id: string) => `approval/${id}`,
  open: (id: string) => `open/${id}`,
  pending: (userId: string, id: string) => `pending/${ownerKey(userId)}/${id}`,
  approved: (userId: string, id: string) => `approved/${ownerKey(userId)}/${id}`,
  asked: (userId: string, id: string) => `asked/${ownerKey(userId)}/${id}`,
  named: (hash: string) => `named/${hash}`,
  same: (hash: string) => `same/${hash}`,
  grant: (userId: string, integrationId: string, id: string) => `grant/${ownerKey(userId)}/${integrationId}/${id}`,
  /** Work for a sweep, which finds the record once it expires. The commit that finishes the work deletes the record. */
  due: {
    approval: (id: string) => `due/approval/${id}`,
    chunks: (hash: string) => `due/chunks/${hash}`,
    forgetting: (id: string) => `due/forgetting/${id}`,
    /** Says until it expires that the person was forgotten; without the id. */
    forgotten: (userId: string) => `due/forgotten/${sha256Hex(userId)}`,
    forgottenWorkspace: 'due/forgotten/all',
    removal: (id: string) => `due/removal/${id}`,
    revocation: (id: string, owner: string, lineage: string) => `due/revocation/${id}/${owner}/${lineage}`,
    signIn: (id: string) => `due/sign-in/${id}`,
  },
  /**
   * Written by every change that can affect a toolset: its version says whether a cached toolset is current. It sorts after
   * the changes under {@link prefixes.catalogue}.
   */
  catalogue: 'catalogue/~',
} as const

/** Prefixes to list by. */
export const prefixes = {
  integrations: 'integration/',
  handles: 'handle/',
  visibleToAll: 'visible/all/',
  /** Of everybody: what is visible to one person only. */
  visibleToOne: 'visible/u/',
  visibleTo: (userId: string) => `visible/u/${ownerKey(userId)}/`,
  approvals: 'approval/',
  flows: 'flow/',
  clients: 'client/',
  open: 'open/',
  pending: (userId: string) => `pending/${ownerKey(userId)}/`,
  approved: (userId: string) => `approved/${ownerKey(userId)}/`,
  asked: (userId: string) => `asked/${ownerKey(userId)}/`,
  grants: (userId: string) => `grant/${ownerKey(userId)}/`,
  grantsOn: (userId: string, integrationId: string) => `grant/${ownerKey(userId)}/${integrationId}/`,
  allGrants: 'grant/',
  chunks: (hash: string) => `chunk/${hash}/`,
  chunkUses: (hash: string) => `chunk-use/${hash}/`,
  dueForgettings: 'due/forgetting/',
  event: 'event/',
  /** The integrations of each change, by append. */
  catalogue: 'catalogue/',
  audit: 'audit/',
  toolLists: (id: string) => `tools/${id}/`,
  /** All records to delete with an integration, once nothing can call it. Its tool lists share chunks with others. */
  of: (id: string) =>
    ['status', 'accepted', 'server', 'headers', 'credential', 'client'].map((kind) => `${kind}/${id}/`),
} as const

/** The integrations whose own records are among these keys. */
export function integrationIdsOf(changed: readonly string[]): readonly string[] {
  const ids = changed.flatMap((key) => {
    const [kind, id] = key.split('/', 2)
    return kindsOfIntegration.has(kind!) ? [id!] : []
  })
  return [...new Set(ids)]
}

const kindsOfIntegration: ReadonlySet<string> = new Set(['integration', 'settings', 'status', 'tools', 'headers'])

/** The key that an append of the storage creates from a prefix and a number. */
export function numbered(prefix: string, number: number): string {
  return prefix + String(Math.max(0, number)).padStart(16, '0')
}
