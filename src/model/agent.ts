/** Something that calls tools: an assistant, a builder, a scheduled job. The host names them. */
export interface Agent<Id extends string = string> {
  readonly id: Id
  /** Display name. `@default` the id. */
  readonly name?: string | undefined
}
