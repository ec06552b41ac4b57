import { expect, it } from 'vitest'
import { toolResult } from '../../src/mcp/tool-result.js'
import { expectCpuBelow } from '../support/cpu.js'

it('reads very many blocks in time that grows with them, and loses none', async () => {
  const content = Array.from({ length: 100_000 }, (_, n) => (n % 2 === 0 ? { type: 'text', text: `${n}` } : n))
  let read: readonly unknown[] = []
  await expectCpuBelow(400, () => (read = toolResult({ content }).content))
  expect(read).toHaveLength(5_000 + 47_500 + 1)
  expect(read[4_999]).toEqual({ type: 'text', text: '4999' })
  expect(read[5_000]).toBe(content[5_000])
  const numbers = content.slice(5_000).filter((block) => typeof block === 'number')
  expect(read.at(-1)).toEqual({ type: 'text', text: JSON.stringify(numbers) })
})
