import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { HostAnswer, HostInput, HostRequest } from './host.js'

/** A host in a process of its own. */
export interface Host {
  /** @returns its answers, or `undefined` when it died meanwhile. */
  ask(request: HostRequest): Promise<readonly HostAnswer[] | undefined>
  /** The value of its only answer. */
  value<T>(request: HostRequest): Promise<T>
  kill(): Promise<void>
}

/** @param program - the compiled file, and what comes before the input in its arguments */
export async function startHost(program: readonly [string, ...string[]], input: HostInput): Promise<Host> {
  const [file, ...args] = program
  const child: ChildProcess = fork(file, [...args, JSON.stringify(input)])
  const ended = once(child, 'exit')
  const waiting = new Map<number, (answers: readonly HostAnswer[] | undefined) => void>()
  let last = 0
  child.on('message', ({ id, answers }: { id: number; answers: readonly HostAnswer[] }) => waiting.get(id)?.(answers))
  const ready = new Promise((resolve) => waiting.set(0, resolve))
  const gone = ended.then(() => undefined)
  await Promise.race([ready, gone])
  const ask: Host['ask'] = (request) => {
    const id = ++last
    const answer = new Promise<readonly HostAnswer[] | undefined>((resolve) => waiting.set(id, resolve))
    child.send({ id, request }, () => {})
    return Promise.race([answer, gone])
  }
  return {
    ask,
    async value<T>(request: HostRequest) {
      const [answer] = (await ask(request)) ?? []
      if (answer === undefined || !('value' in answer)) throw new Error(`The host answered ${JSON.stringify(answer)}.`)
      return answer.value as T
    },
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
