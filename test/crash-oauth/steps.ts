import { strict as assert } from 'node:assert'
import { redirectUrl } from './victim.js'
import type { Scene } from './main.js'
import type { openRegistry } from './victim.js'

type Living = ReturnType<typeof openRegistry>

const lifetimeMs = 300_000
const leaseMs = 30_000

/** Every step at which a process may die, and what must hold for the next one. */
export const steps: Record<string, (scene: Scene) => Promise<void>> = {
  'connect: registered, flow not saved': async (scene) => {
    await scene.death({ do: 'connect', url: scene.server.url }, { commit: 'before', write: 'put', key: 'flow/' })
    // Only its turn to register is left, which ends after 45 s.
    const left = await scene.keys()
    assert.deepEqual(
      left.map((key) => key.split('/')[0]),
      ['registering'],
    )
    assert.equal(count(scene, '/reg'), 1)
    scene.pass(46_000)
    await scene.after(async ({ registry, mine }) => {
      const begun = await mine.connect({ name: 'Notes', url: scene.server.url, agents: ['assistant'] })
      assert.equal(begun.type, 'authorization_required')
      assert.equal(count(scene, '/reg'), 2)
      await mine.remove(begun.integration.id)
      await registry.sweep()
    })
    assert.deepEqual(
      (await scene.keys()).filter((key) => key.startsWith('registering/')),
      [],
    )
  },

  'connect: flow saved': async (scene) => {
    await scene.death({ do: 'connect', url: scene.server.url }, { commit: 'after', write: 'put', key: 'flow/' })
    await scene.after(async ({ mine }) => {
      const [one] = await mine.list()
      assert.equal(one?.status, 'connecting')
      await signInAgain(scene, mine, one!.id)
    })
    // Nobody came back with the first registration: maybe it was forgotten, so the next sign-in has one of its own.
    assert.equal(count(scene, '/reg'), 2)
  },

  'connect: flow saved, and nobody comes back': async (scene) => {
    await scene.death({ do: 'connect', url: scene.server.url }, { commit: 'after', write: 'put', key: 'flow/' })
    scene.pass(601_000)
    await scene.after(async ({ registry }) => void (await registry.sweep()))
    assert.deepEqual(await scene.keys(), [])
  },

  'connect: callback received': async (scene) => {
    const { callbackUrl, id } = await scene.begun()
    await scene.death({ do: 'finish', callbackUrl }, { commit: 'before', write: 'delete', key: 'flow/' })
    await scene.after(async ({ mine }) => {
      assert.equal((await mine.get(id)).status, 'connecting')
      assert.equal((await mine.finishConnect(callbackUrl)).type, 'connected')
    })
    assert.equal(codes(scene), 1)
  },

  'connect: flow consumed': (scene) =>
    lostSignIn(scene, { commit: 'after', write: 'delete', key: 'flow/' }, { codes: 0 }),
  'connect: code sent': (scene) => lostSignIn(scene, 'by parent', { codes: 1 }),
  'connect: token answer, not saved': (scene) => lostSignIn(scene, { answer: 'token' }, { codes: 1 }),

  'connect: token saved, tools not listed': async (scene) => {
    const { callbackUrl, id } = await scene.begun()
    await scene.death({ do: 'finish', callbackUrl }, { commit: 'after', write: 'put', key: 'credential/' })
    await scene.after(async ({ mine }) => {
      assert.equal((await mine.get(id)).status, 'connected')
      const validated = await mine.validate(id)
      assert.equal(validated.type, 'connected')
      assert.equal(validated.integration.tools.total, 2)
    })
    assert.equal(codes(scene), 1)
  },

  'refresh: lease taken': async (scene) => {
    await scene.connected()
    scene.pass(lifetimeMs + 1000)
    await scene.death({ do: 'call' }, { commit: 'after', write: 'put', key: 'credential/' })
    assert.equal(refreshes(scene), 0)
    scene.pass(leaseMs + 1000)
    await scene.after(completes)
    assert.equal(refreshes(scene), 1)
  },

  'refresh: sent': (scene) => lostRefresh(scene, 'by parent'),
  'refresh: answer, not saved': (scene) => lostRefresh(scene, { answer: 'token' }),
  'refresh: sent, without rotation': (scene) => harmlessRefresh(scene, 'by parent'),
  'refresh: answer, not saved, without rotation': (scene) => harmlessRefresh(scene, { answer: 'token' }),

  'refresh: saved': async (scene) => {
    await scene.connected()
    scene.pass(lifetimeMs + 1000)
    // The first commit of the credential takes the lease; only the one with the news saves.
    await scene.death({ do: 'call' }, { commit: 'after', write: 'put', key: 'event/' })
    await scene.after(async (living) => {
      const { events } = await living.registry.events({ workspaceId: 'acme' })
      assert.equal(events.filter((event) => event.type === 'credential_changed').length, 2)
      await completes(living)
    })
    assert.equal(refreshes(scene), 1)
  },

  'remove: not callable, nothing revoked yet': (scene) =>
    lostGoodbye(scene, { commit: 'after', write: 'put', key: 'due/removal/' }),
  'remove: credential erased, not revoked yet': (scene) => lostGoodbye(scene, { request: '/revocation' }),
}

/** The code may have been used: the state says that nobody knows, and neither state nor code is used again. */
async function lostSignIn(
  scene: Scene,
  death: Parameters<Scene['death']>[1],
  expected: { readonly codes: number },
): Promise<void> {
  const { callbackUrl, id } = await scene.begun()
  await scene.death({ do: 'finish', callbackUrl }, death)
  await scene.after(async ({ mine }) => {
    const { status, statusDetail } = await mine.get(id)
    assert.deepEqual([status, statusDetail.reason], ['reconnect_required', 'refresh_outcome_unknown'])
    await assert.rejects(mine.finishConnect(callbackUrl), { code: 'not_found' })
    assert.equal(codes(scene), expected.codes)
    await signInAgain(scene, mine, id)
  })
}

/** A strict server: the old token is tried once, and that ends it, once. */
async function lostRefresh(scene: Scene, death: Parameters<Scene['death']>[1]): Promise<void> {
  const id = await scene.connected()
  scene.pass(lifetimeMs + 1000)
  await scene.death({ do: 'call' }, death)
  scene.pass(leaseMs + 1000)
  await scene.after(async ({ mine }) => {
    const toolset = await mine.toolset('assistant')
    for (let n = 0; n < 3; n++) {
      const outcome = await toolset.call('notes__read_note', { id: String(n) })
      assert.equal(outcome.type, 'authorization_required')
    }
    assert.equal((await mine.get(id)).statusDetail.reason, 'refresh_outcome_unknown')
    assert.equal(refreshes(scene), 2)
    await signInAgain(scene, mine, id)
  })
}

async function harmlessRefresh(scene: Scene, death: Parameters<Scene['death']>[1]): Promise<void> {
  await scene.connected()
  scene.pass(lifetimeMs + 1000)
  await scene.death({ do: 'call' }, death)
  scene.pass(leaseMs + 1000)
  await scene.after(completes)
  assert.equal(refreshes(scene), 2)
}

async function lostGoodbye(scene: Scene, death: Parameters<Scene['death']>[1]): Promise<void> {
  const id = await scene.connected()
  await scene.death({ do: 'remove', id }, death)
  await scene.after(async ({ mine, registry }) => {
    assert.deepEqual(await mine.list(), [])
    assert.deepEqual((await mine.toolset('assistant')).tools, [])
    await registry.sweep()
  })
  assert.deepEqual(await scene.keys(), [])
  const hints = scene.authorizationServer.requests
    .filter(({ path }) => path.endsWith('/revocation'))
    .map(({ form }) => form.get('token_type_hint'))
  assert(hints.includes('refresh_token'), 'the refresh token was not revoked')
}

async function completes({ mine }: Living): Promise<void> {
  const toolset = await mine.toolset('assistant')
  assert.equal((await toolset.call('notes__read_note', { id: '1' })).type, 'completed')
}

async function signInAgain(scene: Scene, mine: Living['mine'], id: string): Promise<void> {
  const begun = await mine.reconnect(id)
  assert(begun.type === 'authorization_required')
  const callbackUrl = await scene.authorizationServer.signIn(begun.authorizationUrl, redirectUrl)
  assert.equal((await mine.finishConnect(callbackUrl)).type, 'connected')
}

function count(scene: Scene, path: string): number {
  return scene.authorizationServer.requests.filter((request) => request.path === path).length
}

function codes({ authorizationServer }: Scene): number {
  return authorizationServer.tokenRequests('authorization_code').length
}

function refreshes({ authorizationServer }: Scene): number {
  return authorizationServer.tokenRequests('refresh_token').length
}
