/** Rarely used methods for host code, loaded at their first use. */
export { forgetUser, forgetWorkspace } from './operations/forget.js'
export { keyUsage, resealAll } from './operations/reseal.js'
export { sweep } from './operations/sweep.js'
