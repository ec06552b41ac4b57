import { type ChildProcess, fork } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'tsup'

/**
 * Runs a TypeScript program, which may import from `src/`, in several processes at once: each gets its input as JSON
 * in `process.argv[2]` and sends one message.
 *
 * @returns the messages, in the order of the inputs.
 */
export async function runProcesses(source: URL, inputs: readonly unknown[]): Promise<unknown[]> {
  const name = basename(fileURLToPath(source), '.ts')
  // inside the project, so that packages are found from there
  const directory = fileURLToPath(new URL(`../../node_modules/.cache/${name}-${crypto.randomUUID()}`, import.meta.url))
  const children: ChildProcess[] = []
  try {
    await compile(name, fileURLToPath(source), directory)
    for (const input of inputs) children.push(fork(join(directory, `${name}.mjs`), [JSON.stringify(input)]))
    return await Promise.all(children.map(answerOf))
  } finally {
    for (const child of children) child.kill('SIGKILL')
    await rm(directory, { recursive: true, force: true })
  }
}

/** Makes one file of a program and what it imports from `src/`. */
export async function compile(name: string, source: string, outDir: string): Promise<void> {
  await build({
    entry: { [name]: source },
    outDir,
    format: ['esm'],
    outExtension: () => ({ js: '.mjs' }),
    target: 'node20',
    skipNodeModulesBundle: true,
    config: false,
    dts: false,
    silent: true,
  })
}

async function answerOf(child: ChildProcess): Promise<unknown> {
  return await new Promise((resolve, reject) => {
    child.once('message', resolve)
    child.once('exit', (code) => reject(new Error(`The process ended with ${String(code)} before it sent its answer.`)))
  })
}
