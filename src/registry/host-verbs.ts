/** What host code asks of the registry now and then, loaded at its first use. */
export { forgetUser, forgetWorkspace } from './operations/forget.js'
export { keyUsage, resealAll } from './operations/reseal.js'
export { sweep } from './operations/sweep.js'
