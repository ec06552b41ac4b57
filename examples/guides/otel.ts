import { encryptedCredentials, IntegrationRegistry, memoryStorage } from 'mcp-integrations'
import { openTelemetry } from 'mcp-integrations/otel'
import { expect } from './host.js'

export async function telemetry(): Promise<void> {
  // #region observe
  const registry = new IntegrationRegistry({
    storage: memoryStorage(),
    credentials: encryptedCredentials({ keys: [{ id: '2026-01', secret: new Uint8Array(32).fill(1) }] }), // yours
    agents: ['assistant'],
    observer: openTelemetry(), // the global providers; or { tracerProvider, meterProvider }
  })
  // #endregion
  expect('there is a registry', registry instanceof IntegrationRegistry)
  await registry.close()
}
