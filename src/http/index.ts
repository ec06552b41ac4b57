export { integrationsHandler, type IntegrationsHandlerOptions, type RequestHandler } from './handler.js'
export type { PageAsset, SettingsPage } from './page.js'
export { problemStatus, type HttpErrorCode, type Problem, type ProblemCode } from './problem.js'
export { toNodeListener, type NodeIncoming, type NodeListener } from './node-listener.js'
