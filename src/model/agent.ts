/** A caller of tools: an assistant, a builder, a scheduled job. The host defines its agents. */
export interface Agent<Id extends string = string> {
  readonly id: Id
  /** Display name. `@default` the id. */
  readonly name?: string | undefined
}
