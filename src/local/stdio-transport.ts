import type { ChildProcess } from 'node:child_process'
import { basename } from 'node:path'
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { getDefaultEnvironment } from '@modelcontextprotocol/client/stdio'
import spawn from 'cross-spawn'
import { IntegrationError, isIntegrationError } from '../model/errors.js'
import { boundedJson } from '../model/json-limits.js'
import { endsBefore } from '../model/race.js'
import { lineReader } from './line-reader.js'
import { endRest, endWithThisProcess, leadsGroup, signalProgram } from './process-group.js'

/** Options of {@link StdioTransport}. */
export interface StdioTransportOptions {
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>> | undefined
  readonly cwd: string | undefined
  readonly onStderr: ((text: string) => void) | undefined
  /** The limit of one message in bytes. `@default` no limit */
  readonly maxMessageBytes: number | undefined
}

/** A line of broken JSON counts as this many bytes more, because failing to parse it takes far longer than reading it. */
const bytesOfBrokenLine = 4 * 1024

/** How long to wait for a process to exit by itself, and again after SIGTERM, in ms. */
const graceMs = 2_000
/** How long a program may be silent that has exited or has closed one of its streams, in ms. */
const drainMs = 1_000
/** How often it is waited for again, because there was more output: of one that writes without end, the rest is lost. */
const mostWaits = 5

/**
 * An MCP transport over the standard streams of a process. Messages are parsed but not yet validated, and an exit of the process is an error with its reason.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#stdio
 */
export class StdioTransport {
  onmessage?: ((message: unknown) => void) | undefined
  onclose?: (() => void) | undefined
  onerror?: ((error: Error) => void) | undefined
  /** Called with an error that fails every running request. */
  onfailure?: ((failure: IntegrationError) => void) | undefined
  /** Called with the number of bytes read, after their messages, to limit unsolicited ones. */
  onread?: ((bytes: number) => void) | undefined
  readonly #options: StdioTransportOptions
  #process: ChildProcess | undefined
  #ended: IntegrationError | undefined
  /** Resolves when the program has read its input. */
  #drained: Promise<void> | undefined
  /** Resolves it. */
  #goOn = (): void => {}

  constructor(options: StdioTransportOptions) {
    this.#options = options
  }

  /** The id of the process while it runs. */
  get pid(): number | null {
    return this.#process?.pid ?? null
  }

  /** @throws IntegrationError `unreachable` with the reason `no_such_program` */
  async start(): Promise<void> {
    const { command, args, env, cwd, onStderr, maxMessageBytes } = this.#options
    const started = spawn(command, [...args], {
      env: { ...getDefaultEnvironment(), ...env },
      stdio: ['pipe', 'pipe', onStderr === undefined ? 'ignore' : 'pipe'],
      shell: false,
      windowsHide: true,
      detached: leadsGroup,
      cwd,
    })
    this.#process = started
    endWithThisProcess(started)
    const read = lineReader({
      maxBytes: maxMessageBytes,
      isOpen: () => this.#process !== undefined,
      onLine: (line, bytes) => {
        this.#take(line)
        this.onread?.(bytes)
      },
      onTooLong: () => this.onfailure?.(tooLarge(maxMessageBytes)),
      onSkipped: (bytes) => this.onread?.(bytes),
    })
    started.stdout?.on('data', read)
    if (started.stderr !== null && onStderr !== undefined) readInTurns(started.stderr, onStderr)
    for (const stream of [started.stdin, started.stdout, started.stderr])
      stream?.on('error', (error) => this.onerror?.(error))
    const gone = new Promise<void>((resolve) => {
      started.once('close', (code, name) => {
        this.#close(exited(code, name))
        void endRest(started, graceMs)
        resolve()
      })
    })
    // A program that has exited or closed its input or output can't respond, although it or a child may still run.
    const closeOnceSilent = async (): Promise<void> => {
      for (let bytes = -1, waits = 0; bytes !== bytesReadFrom(started) && waits < mostWaits; waits++) {
        bytes = bytesReadFrom(started)
        if (await endsBefore(AbortSignal.timeout(drainMs), gone)) return
      }
      this.#close(exited(started.exitCode, started.signalCode))
      await this.close()
    }
    // Here and not for each message: a program that reads slowly must not gather listeners.
    for (const event of ['drain', 'close']) started.stdin?.on(event, () => this.#goOn())
    started.once('exit', () => void closeOnceSilent())
    started.stdin?.once('error', () => void closeOnceSilent())
    started.stdout?.once('end', () => void closeOnceSilent())
    await new Promise<void>((resolve, reject) => {
      started.once('spawn', resolve)
      started.once('error', (error: NodeJS.ErrnoException) => reject(notStarted(command, error)))
    })
  }

  async send(message: unknown): Promise<void> {
    const { stdin } = this.#process ?? {}
    if (this.#ended !== undefined || !stdin?.writable)
      throw (this.#ended ?? exited(null, null)).with({ mayHaveRun: false })
    if (stdin.write(`${JSON.stringify(message)}\n`)) return
    this.#drained ??= new Promise<void>((resolve) => (this.#goOn = resolve)).finally(() => (this.#drained = undefined))
    await this.#drained
  }

  /** Ends the process and what it has started: by closing its input, then by SIGTERM, then by SIGKILL. Its output is no longer read. */
  async close(): Promise<void> {
    const running = this.#process
    this.#process = undefined
    if (running === undefined) return
    await end(running)
    await endRest(running, graceMs)
  }

  #take(line: string): void {
    if (!/^\s*[[{]/.test(line)) return
    const sent = this.#parsed(line)
    for (const message of Array.isArray(sent) ? (sent as unknown[]) : [sent]) {
      if (this.#process === undefined) return
      if (message !== undefined) this.onmessage?.(message)
    }
  }

  #parsed(line: string): unknown {
    try {
      return JSON.parse(boundedJson(line, 'skip'))
    } catch (error) {
      if (isIntegrationError(error)) this.onfailure?.(error.with({ mayHaveRun: true }))
      else this.onread?.(bytesOfBrokenLine)
      return undefined
    }
  }

  #close(why: IntegrationError): void {
    if (this.#ended !== undefined) return
    this.#ended = why
    this.onfailure?.(why)
    this.onclose?.()
  }
}

function bytesReadFrom({ stdout }: ChildProcess): number {
  return (stdout as Socket | null)?.bytesRead ?? 0
}

async function end(running: ChildProcess): Promise<void> {
  if (running.exitCode !== null || running.signalCode !== null) return
  // The `close` event would wait until all output of the process has been read.
  const gone = new Promise<void>((resolve) => running.once('exit', () => resolve()))
  running.stdin?.end()
  for (const name of ['SIGTERM', 'SIGKILL'] as const) {
    if (await endsBefore(AbortSignal.timeout(graceMs), gone)) return
    signalProgram(running, name)
  }
  await endsBefore(AbortSignal.timeout(graceMs), gone)
}

function exited(code: number | null, signal: NodeJS.Signals | null): IntegrationError {
  const how = code !== null ? ` with code ${code}` : signal !== null ? ` by ${signal}` : ''
  return new IntegrationError(
    'unreachable',
    `The local server exited${how === '' ? ' or closed its streams' : how}. Its error output goes to \`onStderr\` of stdioServer().`,
    { reason: 'exited', exitCode: code ?? undefined, mayHaveRun: true },
  )
}

function notStarted(command: string, { code }: NodeJS.ErrnoException): IntegrationError {
  const name = basename(command)
  return code === 'ENOENT' || code === 'EACCES' || code === 'ENOTDIR'
    ? new IntegrationError(
        'unreachable',
        `The local server was not started: the program "${name}" does not exist or is not executable, or the option \`cwd\` names a missing folder.`,
        { reason: 'no_such_program' },
      )
    : new IntegrationError('unreachable', `The local server was not started: "${name}" can't be run.`, {
        reason: 'not_started',
      })
}

function tooLarge(maxBytes: number | undefined): IntegrationError {
  return new IntegrationError(
    'response_too_large',
    `The server's response is larger than ${maxBytes} bytes and was discarded.`,
    { mayHaveRun: true },
  )
}

/** The pause after much text at once, in ms, so that a server that never stops writing blocks on its full pipe. */
const stderrTurnMs = 10
const muchText = 16 * 1024

function readInTurns(stderr: Readable, onText: (text: string) => void): void {
  stderr.setEncoding('utf8').on('data', (text: string) => {
    if (text.length >= muchText) {
      stderr.pause()
      setTimeout(() => stderr.resume(), stderrTurnMs).unref()
    }
    try {
      onText(text)
    } catch {
      // An error of the listener must not affect the server.
    }
  })
}
