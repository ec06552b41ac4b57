import { posix } from 'node:path'
import { importsOf, isBuiltin, type Import, type Sources } from './source.js'

/** What one folder (or file) of `src/` may import. Folders and files by their path from `src/`, packages by name. */
export interface Rule {
  readonly may: readonly string[]
  /** Only as types. */
  readonly mayTypes?: readonly string[]
}

/** Imports that the rules forbid, and files in folders that have no rule, one sentence each. */
export function forbiddenImports(sources: Sources, rules: Readonly<Record<string, Rule>>): readonly string[] {
  return [...sources].flatMap(([path, text]) => {
    const rule = ruleFor(path, rules)
    if (rule === undefined) return [`${path} is in no known folder`]
    return importsOf(text)
      .filter((found) => !allows(rule, path, found))
      .map((found) => `${path} may not import ${found.specifier}`)
  })
}

/** Import cycles, types counted too: `a.ts → b.ts → a.ts`. */
export function importCycles(sources: Sources): readonly string[] {
  const cycles = new Set<string>()
  const done = new Set<string>()
  const follow = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) cycles.add([...trail.slice(trail.indexOf(path)), path].join(' → '))
    if (done.has(path) || trail.includes(path)) return
    for (const next of filesImportedBy(path, sources.get(path) ?? '')) follow(next, [...trail, path])
    done.add(path)
  }
  for (const path of sources.keys()) follow(path, [])
  return [...cycles]
}

/** The files of `src/` that a file imports, by path from `src/`. */
export function filesImportedBy(path: string, text: string): readonly string[] {
  const relative = importsOf(text).filter((found) => found.specifier.startsWith('.'))
  return relative.map((found) => resolve(path, found.specifier))
}

/** A rule holds for the file that it names, otherwise for the folder nearest to the file, but for files that run on Node only (`*.node.ts`), which have their own. */
function ruleFor(path: string, rules: Readonly<Record<string, Rule>>): Rule | undefined {
  if (rules[path] !== undefined) return rules[path]
  for (let folder = posix.dirname(path); folder !== '.'; folder = posix.dirname(folder)) {
    const rule = rules[path.endsWith('.node.ts') ? `${folder}/*.node.ts` : folder]
    if (rule !== undefined) return rule
  }
  return undefined
}

function allows(rule: Rule, path: string, found: Import): boolean {
  const target = found.specifier.startsWith('.') ? resolve(path, found.specifier) : found.specifier
  const names = found.typeOnly ? [...rule.may, ...(rule.mayTypes ?? [])] : rule.may
  return names.some((name) => covers(name, target))
}

/** `model` covers what lies in it, `jose` its subpaths, `node:*` every builtin. */
function covers(name: string, target: string): boolean {
  if (name === 'node:*') return isBuiltin(target)
  return target === name || target.startsWith(`${name}/`)
}

function resolve(from: string, specifier: string): string {
  return posix.join(posix.dirname(from), specifier).replace(/\.js$/, '.ts')
}
