/** What a person sees. */
import { stripVTControlCharacters } from 'node:util'

const { isTTY } = process.stdout
const paint = (code: number) => (text: string) => (isTTY ? `\u001B[${code}m${text}\u001B[0m` : text)

export const bold = paint(1)
export const dim = paint(2)
export const red = paint(31)
export const green = paint(32)
export const yellow = paint(33)

let chapters = 0

/** A new part of the story. */
export function chapter(title: string): void {
  console.log(`\n${bold(`${++chapters}  ${title}`)}`)
}

export function line(text = ''): void {
  console.log(text === '' ? '' : `   ${text}`)
}

/** Columns as wide as they need to be. */
export function table(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => width(row[column] ?? ''))))
  for (const row of rows)
    line(
      row
        .map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - width(cell))))
        .join('  ')
        .trimEnd(),
    )
}

function width(text: string): number {
  return stripVTControlCharacters(text).length
}

const failed: string[] = []
let passed = 0

/** The quick start checks itself; what is off is said at once and in the end. */
export function check(what: string, holds: boolean): void {
  if (holds) passed++
  else {
    failed.push(what)
    line(red(`✗ ${what}`))
  }
}

/** @returns the exit code */
export function verdict(seconds: number): number {
  const took = `${seconds.toFixed(1)} s`
  console.log(
    failed.length === 0
      ? `\n${green('✓')} ${bold('All is as it should be')}: ${passed} checks in ${took}.\n`
      : `\n${red('✗')} ${bold(`${failed.length} of ${passed + failed.length} checks failed`)} (${took}): ${failed.join('; ')}.\n`,
  )
  return failed.length === 0 ? 0 : 1
}
