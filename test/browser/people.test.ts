import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startAuthorizationServer, type TestAuthorizationServer } from '../support/authorization-server.js'
import { startMcpServer, type TestMcpServer } from '../support/mcp-server.js'
import { startProtectedMcpServer, type ProtectedMcpServer } from '../support/protected-mcp-server.js'
import { ana, bo, root } from '../support/registry.js'
import { visit, type Visit } from './browser.js'
import { basePath, startPageHost, type PageHost } from './host.js'
import { button, choose, row, says } from './page.js'

const staff = [
  { id: 'ana', name: 'Ana Lima' },
  { id: 'bo', name: 'Bo Berg' },
  ...Array.from({ length: 20 }, (_, n) => ({ id: `user-${n}`, name: `Person ${n}` })),
]
let server: TestMcpServer
/** Where a person is sent to sign in. */
let provider: TestAuthorizationServer | undefined
let host: PageHost
const visits: Visit[] = []
beforeEach(async () => {
  server = await startMcpServer()
  host = await startPageHost({
    people: (_actor, { search }) => staff.filter(({ name }) => search === undefined || name.includes(search)),
  })
})
afterEach(async () => {
  const seen = visits.splice(0)
  for (const { context } of seen) await context.close()
  await host.close()
  await server.close()
  for (const { strays, complaints } of seen) {
    expect(complaints).toEqual([])
    expect(strays.filter((url) => provider === undefined || !url.startsWith(provider.issuer))).toEqual([])
  }
})

async function open(path = '', options: Parameters<typeof visit>[2] = {}): Promise<Page> {
  const opened = await visit(host.origin, basePath + path, options)
  visits.push(opened)
  return opened.page
}
async function connected(input: object = {}): Promise<string> {
  const { integration } = await host.registry
    .actingAs(ana)
    .connect({ url: server.url, name: 'Notes', agents: ['assistant'], ...input })
  return integration.id
}

describe('a new owner', () => {
  it('is found by name, and people are shown by name', async () => {
    const id = await connected({ visibility: 'workspace' })
    const page = await open('', { person: 'bo' })
    await row(page, 'Notes').getByText('by Ana Lima').waitFor()
    const owner = await open()
    await choose(owner, 'Notes', 'Transfer')
    await button(owner, 'Transfer').click()
    await owner.getByText('Choose a person.', { exact: true }).waitFor()
    // The owner is not offered, and only some people at once.
    expect(await owner.getByRole('radio').count()).toBe(8)
    expect(await owner.getByLabel('Ana Lima').count()).toBe(0)
    await owner.getByLabel('New owner').fill('nobody')
    await owner.getByText('No one found.').waitFor()
    await owner.getByLabel('New owner').fill('Berg')
    await owner.getByLabel('Bo Berg').check()
    await button(owner, 'Transfer').click()
    await says(owner, 'Notes now belongs to Bo Berg.')
    expect((await host.registry.actingAs(bo).get(id)).ownerId).toBe('bo')
  })
})

describe('where each person has their own credential', () => {
  let signedIn: ProtectedMcpServer
  beforeAll(async () => {
    const started = await startAuthorizationServer()
    provider = started
    signedIn = await startProtectedMcpServer(() => started.issuer)
  })
  afterAll(async () => {
    await signedIn.close()
    await provider?.close()
  })

  it('lets a person sign in and out, without a change for other people', async () => {
    await connected({ name: 'Calendar', url: signedIn.url, visibility: 'workspace', credentials: 'per_user' })
    const page = await open('', { person: 'bo' })
    await row(page, 'Calendar').getByText('Not signed in yet').waitFor()
    await button(page, 'Sign in Calendar').click()
    await button(page, 'Continue to sign-in').click()
    await says(page, 'Calendar is connected.')
    await row(page, 'Calendar').getByText('Connected', { exact: true }).waitFor()
    expect((await host.registry.actingAs(ana).list())[0]?.status).not.toBe('connected')
    await choose(page, 'Calendar', 'Sign out')
    await says(page, 'You are signed out of Calendar.')
    await row(page, 'Calendar').getByText('Not signed in yet').waitFor()
  })

  it('lets a person add their own key', async () => {
    server.state.refuse = ({ headers }) =>
      ['of-ana', 'of-bo'].includes(String(headers['x-api-key'])) ? undefined : 401
    const headers = { 'X-Api-Key': 'of-ana' }
    const id = await connected({ visibility: 'workspace', credentials: 'per_user', headers })
    const page = await open('', { person: 'bo' })
    await button(page, 'Add value Notes').click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Header name').fill('X-Api-Key')
    await dialog.getByLabel('Value').fill('of-bo')
    await button(page, 'Save').click()
    await says(page, 'Notes works: 2 tools.')
    expect((await host.registry.actingAs(bo).get(id)).status).toBe('connected')
    await host.registry.actingAs(ana).validate(id)
    expect(new Set(server.seen.map(({ headers: sent }) => sent['x-api-key']))).toContain('of-bo')
    expect(await page.content()).not.toContain('of-bo')
  })

  it('can be connected that way', async () => {
    const id = await connected()
    const page = await open()
    await choose(page, 'Notes', 'Share with everyone')
    await page.getByLabel('Each person signs in for themselves').check()
    await button(page, 'Share').click()
    await says(page, 'Notes is shared with everyone.')
    expect(await host.registry.actingAs(ana).get(id)).toMatchObject({
      visibility: 'workspace',
      credentials: 'per_user',
    })
  })
})

describe('trust', () => {
  it('is given by an admin after a confirmation, and taken away again', async () => {
    const id = await connected({ visibility: 'workspace' })
    const page = await open(`#integration/${id}`, { person: 'root', role: 'admin' })
    await page.getByText('from the server, not trusted').first().waitFor()
    await choose(page, 'Notes', 'Mark as trusted')
    await page.getByText('Only trust a server if you know who runs it.').waitFor()
    expect((await host.registry.actingAs(root).get(id)).trusted).toBe(false)
    await button(page, 'Mark as trusted').click()
    await says(page, 'Notes is now trusted.')
    await page.getByText('Trusted', { exact: true }).waitFor()
    await page.getByText('runs: only reads').waitFor()
    expect((await host.registry.actingAs(root).get(id)).trusted).toBe(true)
    await choose(page, 'Notes', 'Mark as not trusted')
    await says(page, 'is no longer trusted.')
    await page.getByText('from the server, not trusted').first().waitFor()
  })

  it('is not offered to its owner', async () => {
    await connected({ visibility: 'workspace' })
    const page = await open()
    await button(page, 'More actions for Notes').click()
    expect(await page.getByRole('menuitem').allInnerTexts()).not.toContain('Mark as trusted')
  })
})
