import { describe, expect, it } from 'vitest'
import { serverInfo } from '../../src/mcp/server-info.js'

const said = (version: object | undefined, instructions?: string) => serverInfo(version, instructions)

describe("a server's description of itself", () => {
  it('is kept within bounds', () => {
    expect(said(undefined)).toBeUndefined()
    expect(said({ name: 'n'.repeat(500), version: 'v' }, 'x'.repeat(20_000))).toMatchObject({
      name: 'n'.repeat(200),
      version: 'v',
      instructions: 'x'.repeat(16_384),
    })
    expect(said({ name: 7, title: {}, version: null })).toEqual({ name: '' })
  })

  it('has an https page or none', () => {
    expect(said({ name: 'a', websiteUrl: 'https://a.example/x' })!.websiteUrl).toBe('https://a.example/x')
    for (const websiteUrl of ['http://a.example', 'javascript:alert(1)', 'https://a:b@c.example', 'nothing', 7])
      expect(said({ name: 'a', websiteUrl })!.websiteUrl).toBeUndefined()
  })

  it('has a raster icon that came along, otherwise the address of one', () => {
    const png = `data:image/png;base64,${'A'.repeat(400)}`
    const iconOf = (...sources: unknown[]) => said({ name: 'a', icons: sources.map((src) => ({ src })) })!.icon
    expect(iconOf('https://a.example/i.png', png)).toBe(png)
    expect(iconOf('data:image/svg+xml;base64,AAAA', 'https://a.example/i.png')).toBe('https://a.example/i.png')
    expect(iconOf(`data:image/png;base64,${'A'.repeat(50_000)}`)).toBeUndefined()
    expect(iconOf('data:image/png;base64,AAAA"onerror="x', 7, null)).toBeUndefined()
  })
})
