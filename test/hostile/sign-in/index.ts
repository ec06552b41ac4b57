import { distinct } from '../case.js'
import { callbacks } from './callbacks.js'
import type { SignInCase } from './case.js'
import { discovery } from './discovery.js'
import { endpoints } from './endpoints.js'
import { refusals } from './refusals.js'
import { tokens } from './tokens.js'

/** Every hostile authorization server, and every hostile way back from an honest one. */
export const signIns: readonly SignInCase[] = distinct([
  ...discovery,
  ...endpoints,
  ...tokens,
  ...refusals,
  ...callbacks,
])
