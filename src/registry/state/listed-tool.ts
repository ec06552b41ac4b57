import { frozen } from '../../model/frozen.js'
import { parsedJson } from '../../model/json.js'
import type { ToolAnnotations, ToolDefinition } from '../../model/tool.js'
import { visible } from '../../model/visible-text.js'
import type { NotForModels } from '../../policy/model-audience.js'
import { shownDefinition } from '../../policy/shown-definition.js'
import { isDefinition } from './integration-shapes.js'
import { removeAdvice, unreadableError } from './read-record.js'

/** What the rules need of a listed tool, so that deciding about it doesn't need its definition. */
export interface ToolFacts {
  /** The server's name of the tool. */
  readonly name: string
  /** The hash of the definition. */
  readonly hash: string
  /** The length of the definition as JSON: the work of looking at all of it. */
  readonly size: number
  readonly annotations?: ToolAnnotations | undefined
  readonly notForModels?: NotForModels | undefined
}

/** A tool as its server listed it. */
export interface ListedTool extends ToolFacts {
  readonly definition: ToolDefinition
}

/**
 * A tool of a list that many toolsets share. Its definition is parsed and frozen when it is first read: most toolsets
 * need the names of all tools and the definitions of some.
 */
export class NamedTool implements ListedTool {
  readonly name: string
  readonly hash: string
  readonly size: number
  readonly annotations: ToolAnnotations | undefined
  readonly notForModels: NotForModels | undefined
  readonly #place: number
  readonly #namesFor: (handle: string) => readonly string[]
  #source: ToolDefinition | string
  #shown: ToolDefinition | undefined

  /**
   * @param source - the definition, or its JSON
   * @param place - the place of the tool in its list
   * @param namesFor - the names that models get for the tools of the list, in its order
   */
  constructor(
    facts: ToolFacts,
    source: ToolDefinition | string,
    place: number,
    namesFor: (handle: string) => readonly string[],
  ) {
    this.name = facts.name
    this.hash = facts.hash
    this.size = facts.size
    this.annotations = facts.annotations
    this.notForModels = facts.notForModels
    this.#source = source
    this.#place = place
    this.#namesFor = namesFor
  }

  /** The definition as the server sent it. */
  get definition(): ToolDefinition {
    if (typeof this.#source === 'string') this.#source = this.#parsed(this.#source)
    return frozen(this.#source)
  }

  /** Whether `shown` is ready. Otherwise reading it looks at all of the definition. */
  get isReady(): boolean {
    return this.#shown !== undefined
  }

  /** Whether reading `shown` may take long for the length of the definition: hidden characters may be among others than ASCII. */
  get isSlowToShow(): boolean {
    return typeof this.#source !== 'string' || beyondAscii.test(this.#source) || this.#source.includes('\\u')
  }

  /** The definition to show to people and models. */
  get shown(): ToolDefinition {
    return (this.#shown ??= frozen(shownDefinition(this.definition)))
  }

  /** The name that models get; `handle` is the integration's. */
  modelName(handle: string): string {
    return this.#namesFor(handle)[this.#place]!
  }

  #parsed(text: string): ToolDefinition {
    const definition = parsedJson(text)
    if (isDefinition(definition)) return definition as unknown as ToolDefinition
    throw unreadableError(`The stored definition of tool "${visible(this.name, 64)}"`, removeAdvice)
  }
}

const beyondAscii = /[^\n -~]/
