/** Runs the code that the guides show: each ends this program with an error when it is not as the guide says. */
import { aiSdk } from './ai-sdk.js'
import { approvals } from './approvals.js'
import { calls } from './calls.js'
import { credentials } from './credentials.js'
import { events } from './events.js'
import { gateway } from './gateway.js'
import { http } from './http.js'
import { importing } from './import.js'
import { localServers } from './local.js'
import { manyTools } from './many-tools.js'
import { oauth } from './oauth.js'
import { telemetry } from './otel.js'
import { page } from './settings-page.js'
import { storages } from './storage.js'
import { testing } from './testing.js'
import { toolSettings } from './tool-settings.js'

const guides = {
  readme: () => import('./readme.js'),
  gettingStarted: () => import('./getting-started.js'),
  start: () => import('./start.js'),
  approvals,
  calls,
  toolSettings,
  storages,
  credentials,
  oauth,
  aiSdk,
  bridges: () => import('./bridges.js'),
  manyTools,
  importing,
  gateway,
  page,
  telemetry,
  localServers,
  events,
  http,
  testing,
}
for (const [name, run] of Object.entries(guides)) {
  console.log(name)
  await run()
  console.log('  ✓ is as the guide says')
}
