import { describe, expect, it } from 'vitest'
import type { ToolsetTool } from '../../src/model/toolset.js'
import { indexing, type ToolIndex } from '../../src/policy/tool-ranking.js'
import { expectCpuBelow } from '../support/cpu.js'

function toolIndex(tools: readonly Partial<ToolsetTool>[]): ToolIndex {
  const steps = indexing(tools.map(tool) as readonly ToolsetTool[])
  let step = steps.next()
  while (step.done !== true) step = steps.next()
  return step.value
}

const tool = (own: Partial<ToolsetTool>, n: number) => ({
  modelName: `notes__t${n}`,
  name: `t${n}`,
  integration: { id: 'i', name: 'Notes', handle: 'notes', origin: 'https://notes.test' },
  inputSchema: { type: 'object' },
  ...own,
})
const times = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n))
const scattered = (n: number): number => Math.imul(n + 1, 2_654_435_761) >>> 0
const word = (n: number): string => scattered(n).toString(36)
const describedBy = (text: (n: number) => string) => times(32, (n) => ({ description: text(n) }))

describe('the index of tools', () => {
  it.each<[string, number, readonly Partial<ToolsetTool>[]]>([
    ['very many words', 500, describedBy((n) => times(16_000, (m) => word(n * 16_000 + m)).join(' '))],
    [
      'thousands of characters of one script',
      2_500,
      describedBy((n) =>
        times(4_000, (m) => String.fromCharCode(0x4e00 + (scattered(n * 4_000 + m) % 20_000))).join(''),
      ),
    ],
    ['characters that stand for many', 1_000, describedBy(() => '\ufdfa'.repeat(40_000))],
    [
      'very many parameters',
      1_000,
      times(32, (n) => ({
        inputSchema: {
          type: 'object',
          properties: Object.fromEntries(times(8_000, (m) => [`${word(m)}${n}`, true])),
        },
      })),
    ],
  ])('takes a bounded time with %s', async (_what, ms, tools) => {
    let index: ToolIndex | undefined

    await expectCpuBelow(ms, () => (index = toolIndex(tools)))
    await expectCpuBelow(200, () => index!.find(times(150, word).join(' '), 5))
    await expectCpuBelow(200, () => index!.find('a'.repeat(1_000), 5))
  })

  it('leaves room for the tools of other servers', () => {
    const other = { id: 'o', name: 'Mail', handle: 'mail', origin: 'https://mail.test' }
    const flood = times(2_000, (n) => ({ description: word(n) }))
    const index = toolIndex([
      ...flood,
      { modelName: 'mail__send', integration: other, description: `${'a '.repeat(1_900)}courier` },
    ])

    expect(index.find('courier', 1).map(({ modelName }) => modelName)).toEqual(['mail__send'])
  })

  it.each([
    ['天气预报', '查询北京的天气预报', '翻译一段中文文本'],
    ['погода', 'Показывает погоду в городе', 'Переводит текст'],
    ['ᏣᎳᎩ', 'ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ', 'ᎣᏏᏲ'],
  ])('finds %s in its own script', (query, fitting, other) => {
    const found = toolIndex([{ description: other }, { description: fitting }]).find(query, 1)

    expect(found.map(({ description }) => description)).toEqual([fitting])
  })
})
