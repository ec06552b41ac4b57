const mostScopes = 200
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/

/** The scopes in a `scope` parameter, without doubles and without what can't be a scope. */
export function parseScopes(value: unknown): readonly string[] {
  return typeof value === 'string' ? validScopes(value.split(' ')) : []
}

/** Keeps what can be a scope, in order, without doubles; at most 200. */
export function validScopes(values: readonly unknown[]): readonly string[] {
  const valid = values.filter((value) => typeof value === 'string' && scopeToken.test(value)) as string[]
  return [...new Set(valid)].slice(0, mostScopes)
}
