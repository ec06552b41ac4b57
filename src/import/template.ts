import { invalid } from '../model/invalid.js'
import type { ImportVariable, Template } from './server-entry.js'

/** Variables of `mcp.json`: `${VAR}`, `${VAR:-default}`, `${env:VAR}`, `${input:id}`, `{{VAR}}`. */
const shellLike = /\$\{(?:(?:env|input):)?([^{}:]{1,200})(?::-([^{}]{0,2000}))?\}|\{\{([^{}]{1,200})\}\}/g

/** Variables of `server.json`: `{name}`. */
const braces = /\{([A-Za-z_][\w-]{0,199})\}/g

/** A template with the defaults of its variables by name. */
export interface ParsedTemplate {
  readonly template: Template
  readonly defaults: ReadonlyMap<string, string | undefined>
}

/** Reads a text of an `mcp.json`. */
export function parseTemplate(text: string): ParsedTemplate {
  return split(text, shellLike, ([, shell, fallback, mustache]) => {
    const name = (shell ?? mustache)!.trim()
    return name === '' ? undefined : { name, fallback }
  })
}

/** Reads a text of a `server.json`. Braces around an undeclared name are plain text. */
export function parseBraces(text: string, declared: ReadonlySet<string>): ParsedTemplate {
  return split(text, braces, ([, name]) => (declared.has(name!) ? { name: name!, fallback: undefined } : undefined))
}

/** The most characters of a filled-in text: more than a URL or header value can have. */
const maxFilled = 16_384

/**
 * Fills in the variables.
 *
 * @returns `undefined` if an answer is missing
 * @throws IntegrationError `invalid_input` if the text becomes too long, as it does when a variable is repeated very often
 */
export function fillTemplate(template: Template, answers: ReadonlyMap<string, string>): string | undefined {
  let filled = ''
  for (const part of template) {
    const text = typeof part === 'string' ? part : answers.get(part.variable)
    if (text === undefined) return undefined
    filled += text
    if (filled.length > maxFilled)
      throw invalid('importServers()', [
        { path: '', message: `has a URL or a header value longer than ${maxFilled} characters` },
      ])
  }
  return filled
}

/** The template as text, with variables written by `write`. */
export function showTemplate(template: Template, write: (variable: string) => string): string {
  return template.map((part) => (typeof part === 'string' ? part : write(part.variable))).join('')
}

/** The variables of templates, in order, without duplicates. */
export function variablesOf(
  parsed: readonly { readonly text: ParsedTemplate; readonly secret: boolean }[],
  declared: ReadonlyMap<string, Partial<ImportVariable>> = new Map(),
): readonly ImportVariable[] {
  const found = new Map<string, ImportVariable>()
  for (const { text, secret } of parsed)
    for (const [name, fallback] of text.defaults) {
      const known = found.get(name)
      const given = declared.get(name)
      found.set(name, {
        required: true,
        ...given,
        name,
        default: known?.default ?? given?.default ?? fallback,
        secret: secret || known?.secret === true || given?.secret === true,
      })
    }
  return [...found.values()]
}

function split(
  text: string,
  pattern: RegExp,
  read: (match: RegExpMatchArray) => { readonly name: string; readonly fallback: string | undefined } | undefined,
): ParsedTemplate {
  const template: (string | { readonly variable: string })[] = []
  const defaults = new Map<string, string | undefined>()
  let end = 0
  for (const match of text.matchAll(pattern)) {
    const variable = read(match)
    if (variable === undefined) continue
    if (match.index > end) template.push(text.slice(end, match.index))
    template.push({ variable: variable.name })
    defaults.set(variable.name, defaults.get(variable.name) ?? variable.fallback)
    end = match.index + match[0].length
  }
  if (end < text.length || template.length === 0) template.push(text.slice(end))
  return { template, defaults }
}
