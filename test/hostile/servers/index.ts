import type { ServerCase } from '../case.js'
import { bodies } from './bodies.js'
import { listing } from './listing.js'
import { messages } from './messages.js'
import { questions } from './questions.js'
import { refusals } from './refusals.js'
import { streams } from './streams.js'
import { changes, tools } from './tools.js'

/** Every hostile server over HTTP. */
export const servers: readonly ServerCase[] = [
  ...listing,
  ...bodies,
  ...messages,
  ...streams,
  ...questions,
  ...refusals,
  ...tools,
  ...changes,
]
