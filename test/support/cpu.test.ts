import { describe, expect, it } from 'vitest'
import { expectCpuBelow, expectCpuRatioBelow } from './cpu.js'

const json = JSON.stringify(Array.from({ length: 100_000 }, () => [1234]))
/** Ten times more than a bound of 1 ms allows, on any machine. */
const dear = (): unknown => JSON.parse(json)

describe('a bound of CPU time', () => {
  it('holds for work that is over it once', async () => {
    let runs = 0
    await expectCpuBelow(1, () => (runs++ === 0 ? dear() : undefined))
    expect(runs).toBeGreaterThan(1)
  })

  it('fails for work that is over it each time, with all figures', async () => {
    await expect(expectCpuBelow(1, dear)).rejects.toThrow(/(?:\d+ ms with a bound of \d+ ms(?:, |\.)){3}$/)
  })

  it('is for fresh work each time, and making that does not count', async () => {
    const seen: object[] = []
    await expectCpuBelow(
      1,
      (made) => seen.push(made) === 1 && dear(),
      () => {
        dear()
        return {}
      },
    )
    expect(seen.length).toBeGreaterThan(1)
    expect(new Set(seen).size).toBe(seen.length)
  })

  it('fails as the work does', async () => {
    await expect(expectCpuBelow(1, () => Promise.reject(new Error('wrong')))).rejects.toThrow('wrong')
  })
})

it('a ratio of CPU times fails when each attempt is over it', async () => {
  const cheap = (): unknown => JSON.parse(json.slice(0, 8).replace(/,$/, ']'))
  await expectCpuRatioBelow(1_000, cheap, dear)
  await expect(expectCpuRatioBelow(2, dear, cheap)).rejects.toThrow(
    /2 times the CPU time.*(?:[\d.]+ ms and [\d.]+ ms[,.] ?){3}/,
  )
})
