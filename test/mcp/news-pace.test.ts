import { describe, expect, it } from 'vitest'
import { manualRuntime } from 'mcp-integrations/testing'
import { NewsPace } from '../../src/mcp/news-pace.js'

function paced() {
  const runtime = manualRuntime()
  const passed: number[] = []
  const began = runtime.now()
  const pace = new NewsPace(runtime, () => passed.push((runtime.now() - began) / 1000))
  return { runtime, passed, pace }
}

describe('news of a server', () => {
  it('is passed on at once, and so is the notice that completes it', async () => {
    const { runtime, passed, pace } = paced()
    pace.news()
    pace.news()
    await runtime.advance(60_000)
    expect(passed).toEqual([0, 0])
    pace.news()
    expect(passed).toHaveLength(3)
  })

  it('is passed on ever less often while it keeps coming, and the last is never lost', async () => {
    const { runtime, passed, pace } = paced()
    for (let n = 0; n < 2_000; n++) {
      for (let m = 0; m < 20; m++) pace.news()
      await runtime.advance(100)
    }
    expect(passed).toEqual([0, 0, 5, 15, 35, 75, 155])
    await runtime.advance(300_000)
    expect(passed).toHaveLength(8)
    await runtime.advance(600_000)
    pace.news()
    expect(passed).toHaveLength(9)
  })

  it('is not passed on after the listener stops', async () => {
    const { runtime, passed, pace } = paced()
    for (let n = 0; n < 3; n++) pace.news()
    pace.stop()
    pace.news()
    await runtime.advance(600_000)
    expect(passed).toHaveLength(2)
    expect(runtime.timers).toBe(0)
  })
})
