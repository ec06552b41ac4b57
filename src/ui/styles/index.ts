import { controls } from './controls.js'
import { layout } from './layout.js'
import { tokens } from './tokens.js'

/** One sheet for all parts of an element. */
export const styles = [tokens, controls, layout]
