/** Rarely used methods for host code, loaded at their first use. */
export { forgetUser } from './operations/forget.js'
export { forgetWorkspace } from './operations/forget-workspace.js'
export { keyUsage, resealAll } from './operations/reseal.js'
export { sweep } from './operations/sweep.js'
