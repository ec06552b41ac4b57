import { ana, openRegistry, type Seat } from './registry.js'

/** What all processes are told to do at once. */
export interface Round {
  readonly calls: number
  /** By how much the time runs ahead: the access token of the round before has ended. */
  readonly offsetMs: number
}

/** What came of it in one process. */
export interface RoundResult {
  readonly completed: number
  /** How the others ended. */
  readonly failures: readonly string[]
  readonly slowestMs: number
}

/** One of the processes: calls a tool many times at once whenever it is told to. */
export function play(name: string, seat: Seat): void {
  let offsetMs = 0
  const { registry } = openRegistry(seat, () => Date.now() + offsetMs)
  const opening = registry.actingAs(ana).toolset('assistant')
  process.on('message', async (round: Round) => {
    offsetMs = round.offsetMs
    const toolset = await opening
    let slowestMs = 0
    const failures: string[] = []
    const one = async (n: number): Promise<void> => {
      const started = performance.now()
      try {
        const { type } = await toolset.call('notes__read_note', { id: `${name}-${n}` })
        if (type !== 'completed') failures.push(type)
      } catch (error) {
        failures.push(String(error))
      }
      slowestMs = Math.max(slowestMs, performance.now() - started)
    }
    await Promise.all(Array.from({ length: round.calls }, (_, n) => one(n)))
    const result: RoundResult = { completed: round.calls - failures.length, failures, slowestMs }
    process.send!(result)
  })
  void opening.then(() => process.send!('ready'))
}
