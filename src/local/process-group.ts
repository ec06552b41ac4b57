import type { ChildProcess } from 'node:child_process'

/** Whether a program is started as the leader of a group, so that what it starts itself can be ended with it. */
export const leadsGroup = process.platform !== 'win32'

/** Groups of programs that run. They no longer hear a signal that the terminal sends to this process. */
const running = new Set<number>()
let isWatching = false

/** Ends the group with this process, if nothing ended it before. */
export function endWithThisProcess({ pid }: ChildProcess): void {
  if (!leadsGroup || pid === undefined) return
  running.add(pid)
  if (isWatching) return
  isWatching = true
  process.once('exit', () => {
    for (const leader of running) signalGroup(leader, 'SIGKILL')
  })
}

/** Sends a signal to a program and to what it has started. */
export function signalProgram(program: ChildProcess, name: NodeJS.Signals): void {
  if (program.pid === undefined || !leadsGroup || !signalGroup(program.pid, name)) program.kill(name)
}

/** Ends what a program left behind that has exited: by SIGTERM, then by SIGKILL. */
export async function endRest({ pid }: ChildProcess, graceMs: number): Promise<void> {
  if (!leadsGroup || pid === undefined) return
  const ends = performance.now() + graceMs
  signalGroup(pid, 'SIGTERM')
  while (signalGroup(pid, 0) && performance.now() < ends) await new Promise((resolve) => setTimeout(resolve, pollMs))
  signalGroup(pid, 'SIGKILL')
  running.delete(pid)
}

const pollMs = 20

/** Returns whether there is such a group. */
function signalGroup(leader: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-leader, name)
  } catch {
    return false
  }
}
