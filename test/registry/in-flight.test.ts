import { expect, it } from 'vitest'
import { callsInFlight } from '../../src/registry/state/calls-in-flight.js'

const notes = { workspaceId: 'acme', integrationId: 'notes' }

it('ends a call that began before its integration was disabled and would be sent afterwards', async () => {
  const calls = callsInFlight()
  const before = calls.moment()
  calls.end('acme', 'notes', 'integration_disabled')
  let sent = 0
  const send = async (): Promise<number> => ++sent
  await expect(calls.track(notes, undefined, send, before)).rejects.toMatchObject({ why: 'integration_disabled' })
  expect(sent).toBe(0)
  expect(await calls.track({ ...notes, workspaceId: 'other' }, undefined, send, before)).toBe(1)
  expect(await calls.track(notes, undefined, send, calls.moment())).toBe(2)
  await calls.drained()
})
