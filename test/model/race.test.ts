import { describe, expect, it, vi } from 'vitest'
import { endsBefore, onAbort, race } from '../../src/model/race.js'
import { manualRuntime } from 'mcp-integrations/testing'

const toError = (why: string) => new Error(why)
const never = () => new Promise<never>(() => {})

describe('a race', () => {
  it('resolves or rejects as its work does, and leaves no listener and no timer', async () => {
    const clock = manualRuntime()
    const { signal } = new AbortController()
    const removed = vi.spyOn(signal, 'removeEventListener')
    const bounds = { signal, timeoutMs: 50, runtime: clock, toError }
    expect(await race(async () => 7, bounds)).toBe(7)
    await expect(race(Promise.reject(new Error('broken')), bounds)).rejects.toThrow('broken')
    expect(removed).toHaveBeenCalledTimes(2)
    expect(clock.timers).toBe(0)
  })

  it('sets no timer for work that ends at once, and one for any other', async () => {
    const clock = manualRuntime()
    const setTimer = vi.spyOn(clock, 'setTimer')
    const bounds = { timeoutMs: 50, runtime: clock, toError }
    await race(async () => 7, bounds)
    expect(setTimer).not.toHaveBeenCalled()
    await race(() => new Promise((resolve) => setTimeout(resolve, 0)), bounds)
    expect(setTimer).toHaveBeenCalledOnce()
    expect(clock.timers).toBe(0)
  })

  it('ends when its time is over', async () => {
    const clock = manualRuntime()
    const raced = race(never, { timeoutMs: 50, runtime: clock, toError })
    const ended = expect(raced).rejects.toThrow('timeout')
    await clock.advance(50)
    await ended
  })

  it('ends when its caller gives up', async () => {
    const caller = new AbortController()
    const raced = race(never, { signal: caller.signal, toError })
    caller.abort()
    await expect(raced).rejects.toThrow('aborted')
  })

  it('does not begin work for a caller who gave up before', async () => {
    const work = vi.fn(async () => 7)
    await expect(race(work, { signal: AbortSignal.abort(), toError })).rejects.toThrow('aborted')
    expect(work).not.toHaveBeenCalled()
  })

  it('handles the failure of work that was under way when its caller had given up', async () => {
    const lost = vi.fn()
    process.on('unhandledRejection', lost)
    await expect(race(Promise.reject(toError('late')), { signal: AbortSignal.abort(), toError })).rejects.toThrow()
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', lost)
    expect(lost).not.toHaveBeenCalled()
  })
})

it('calls back at once for a signal that has aborted, and not after it was stopped', () => {
  const listener = vi.fn()
  onAbort(AbortSignal.abort(), listener)
  expect(listener).toHaveBeenCalledTimes(1)
  const caller = new AbortController()
  onAbort(caller.signal, listener)()
  caller.abort()
  expect(listener).toHaveBeenCalledTimes(1)
})

describe('what is waited for until a signal aborts', () => {
  it('has ended, well or badly, or has not', async () => {
    const late = new AbortController()
    const removed = vi.spyOn(late.signal, 'removeEventListener')
    expect(await endsBefore(late.signal, Promise.resolve())).toBe(true)
    expect(await endsBefore(late.signal, Promise.reject(new Error('broken')))).toBe(true)
    expect(removed).toHaveBeenCalledTimes(2)
    const waiting = endsBefore(late.signal, never())
    late.abort()
    expect(await waiting).toBe(false)
    expect(await endsBefore(late.signal, never())).toBe(false)
  })
})
