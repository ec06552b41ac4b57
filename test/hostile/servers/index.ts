import { distinct, type ServerCase } from '../case.js'
import { addresses } from './addresses.js'
import { bodies } from './bodies.js'
import { eras } from './eras.js'
import { listing } from './listing.js'
import { messages } from './messages.js'
import { questions } from './questions.js'
import { refusals } from './refusals.js'
import { spellings } from './spellings.js'
import { streams } from './streams.js'
import { changes, tools } from './tools.js'
import { wire } from './wire.js'
import { words } from './words.js'

/** Every hostile server over HTTP. */
export const servers: readonly ServerCase[] = distinct([
  ...listing,
  ...bodies,
  ...messages,
  ...spellings,
  ...streams,
  ...wire,
  ...words,
  ...eras,
  ...addresses,
  ...questions,
  ...refusals,
  ...tools,
  ...changes,
])
