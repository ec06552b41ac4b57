import { approvalRoutes } from './routes/approvals.js'
import { integrationRoutes } from './routes/integrations.js'
import { listRoutes } from './routes/lists.js'
import { peopleRoutes } from './routes/people.js'
import { toolRoutes } from './routes/tools.js'

/** The HTTP API: one route per operation. */
export const routes = [...integrationRoutes, ...listRoutes, ...toolRoutes, ...approvalRoutes, ...peopleRoutes]
