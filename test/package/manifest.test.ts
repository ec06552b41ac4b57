import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import lock from '../../package-lock.json' with { type: 'json' }
import manifest from '../../package.json' with { type: 'json' }
import tsconfig from '../../tsconfig.json' with { type: 'json' }
import { clientInfo } from '../../src/mcp/client-info.js'

describe('package.json', () => {
  it('exports exactly the entries that are built and type-checked', () => {
    const entries = Object.keys(tsconfig.compilerOptions.paths).filter((name) => name.startsWith(manifest.name))
    const expected = entries.map((name) => {
      const file = name.split('/')[1] ?? 'index'
      return [name.replace(manifest.name, '.'), { types: `./dist/${file}.d.ts`, default: `./dist/${file}.js` }]
    })
    expect(manifest.exports).toEqual({ ...Object.fromEntries(expected), './package.json': './package.json' })
  })

  it('chooses the connector by condition, Node first', () => {
    expect(Object.entries(manifest.imports['#connect'])).toEqual([
      ['node', './dist/connect.node.js'],
      ['default', './dist/connect.web.js'],
    ])
  })

  it('is an ES module for Node 20.19 and later, without side effects but of the file that defines the elements', () => {
    expect(manifest).toMatchObject({
      type: 'module',
      sideEffects: ['./dist/elements.js'],
      engines: { node: '>=20.19' },
    })
  })

  it('has the version that servers are told', () => {
    expect(clientInfo).toEqual({ name: manifest.name, version: manifest.version })
  })

  it('leaves frameworks and the testing kit’s server to the host', () => {
    const optional = Object.fromEntries(
      Object.keys(manifest.peerDependencies).map((name) => [name, { optional: true }]),
    )
    expect(manifest.peerDependenciesMeta).toEqual(optional)
    expect(Object.keys(manifest.dependencies).filter((name) => name in optional)).toEqual([])
  })
})

describe('package-lock.json', () => {
  it('names no registry, so that it installs from any', () => {
    const resolved = Object.values(lock.packages).filter((entry) => 'resolved' in entry)
    expect(resolved).toEqual([])
  })

  it('pins every package by its digest', () => {
    const unpinned = Object.entries(lock.packages).filter(
      ([path, entry]) => path !== '' && !('integrity' in entry) && !('inBundle' in entry),
    )
    expect(unpinned.map(([path]) => path)).toEqual([])
  })

  it('is kept free of registries by npm itself', () => {
    expect(readFileSync(new URL('../../.npmrc', import.meta.url), 'utf8')).toContain(
      'omit-lockfile-registry-resolved=true',
    )
  })
})
