/** Identifies an integration. */
export interface IntegrationRef {
  readonly workspaceId: string
  readonly integrationId: string
}

/** Identifies one owner's credential of an integration. */
export interface CredentialRef extends IntegrationRef {
  /** `sharedOwner`, or a person by `ownerKey()`. */
  readonly owner: string
}
