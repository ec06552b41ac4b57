import { describe, expect, it } from 'vitest'
import { statusReasons, type StatusReason } from '../../src/model/integration.js'
import { describeStatus } from '../../src/registry/servers/status.js'

const reasons = Object.keys(statusReasons) as StatusReason[]

describe('the sentence of a status', () => {
  it.each(reasons)('of %s is for a person on a settings page: it names no method', (reason) => {
    for (const auth of ['none', 'header', 'oauth'] as const) {
      const { message } = describeStatus('Notes', auth, { reason, checkedAt: 0 }).statusDetail
      expect(message).toMatch(/^Integration "Notes" .+\.$/)
      expect(message).not.toMatch(/\w\(|`|[a-z][A-Z]|\w_\w/)
    }
  })
})
