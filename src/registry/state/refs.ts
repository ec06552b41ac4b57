/** Which integration. */
export interface IntegrationRef {
  readonly workspaceId: string
  readonly integrationId: string
}

/** Whose credential of which integration: under which keys it lies, and what its secrets are sealed for. */
export interface CredentialRef extends IntegrationRef {
  /** `sharedOwner`, or a person by `ownerKey()`. */
  readonly owner: string
}
