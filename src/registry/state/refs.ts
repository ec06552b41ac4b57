/** Identifies an integration. */
export interface IntegrationRef {
  readonly workspaceId: string
  readonly integrationId: string
}

/** Identifies one owner's credential of an integration: its keys, and the context its secrets are sealed with. */
export interface CredentialRef extends IntegrationRef {
  /** `sharedOwner`, or a person by `ownerKey()`. */
  readonly owner: string
}
