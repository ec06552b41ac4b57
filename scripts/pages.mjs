import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Relative links of a page to files that are not there. */
export function brokenLinks(page, text, root) {
  const prose = text.replace(/^```[\s\S]*?^```$/gm, '').replace(/`[^`\n]*`/g, '')
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target)
    .filter((target) => !/^([a-z]+:|#)/.test(target))
    .filter((target) => !existsSync(join(root, dirname(page), decodeURIComponent(target.split('#')[0]))))
    .map((target) => `${page}: links to ${target}, which is not there`)
}

/** Codes without exactly one line, lines without a code, and codes that no test produces. */
export function errorPageProblems(page, source, tests) {
  const list = /errorCodes = \[([\s\S]*?)\]/.exec(source)?.[1] ?? ''
  const codes = namesIn(list)
  return [
    // What follows the table of codes tells more of some.
    ...linesProblems('docs/errors.md', page.split(/^## /m)[0], codes),
    ...codes
      .filter((code) => !tests.some((text) => expects(text, code)))
      .map((code) => `docs/errors.md: no test produces ${code}`),
  ]
}

/** Events without exactly one line, and lines without an event. */
export function eventPageProblems(page, source) {
  return linesProblems('docs/events.md', page, namesIn(source.match(/type: '\w+'/g)?.join(' ') ?? ''))
}

/**
 * Statements that name nothing which would refute them, and files, titles and scripts that are not there. A title stands
 * after its file: `test/some.test.ts` › `title`.
 */
export function securityPageProblems(page, scripts, root) {
  const rows = [...page.matchAll(/^\| (?!threat |-)(.*?) \|.*\| (.*) \|$/gm)]
  return rows.flatMap(([, threat, refuted]) => {
    const named = [...refuted.matchAll(/`([^`]+)`(?: › `([^`]+)`)?/g)]
    if (named.length === 0) return [`docs/security.md: nothing would refute what is said of "${threat}"`]
    return named
      .filter(([, name, title]) => !isThere(name, title, scripts, root))
      .map(([whole]) => `docs/security.md: ${whole} is not there`)
  })
}

function isThere(name, title, scripts, root) {
  const script = /^npm run ([\w:]+)$/.exec(name)?.[1]
  if (script !== undefined) return Object.hasOwn(scripts, script)
  const path = join(root, name)
  return existsSync(path) && (title === undefined || readFileSync(path, 'utf8').includes(title))
}

/** Whether a test asserts the code: a mere mention, as in a test's name, doesn't count. */
function expects(text, code) {
  return new RegExp(`(expect|assert|[cC]ode|[rR]eject|[fF]ail|[tT]hrow)[^\\n]*'${code}'`).test(text)
}

/** A line of a page is a table row or a list item that starts with its name in code marks. */
function linesProblems(path, page, names) {
  const lines = [...page.matchAll(/^(?:\| |- )`(\w+)`/gm)].map(([, name]) => name)
  return [
    ...names.filter((name) => !lines.includes(name)).map((name) => `${path}: has no line for ${name}`),
    ...lines.filter((name) => !names.includes(name)).map((name) => `${path}: ${name} is unknown`),
    ...lines.filter((name, index) => lines.indexOf(name) !== index).map((name) => `${path}: has ${name} twice`),
  ]
}

function namesIn(text) {
  return [...text.matchAll(/'(\w+)'/g)].map(([, name]) => name)
}
