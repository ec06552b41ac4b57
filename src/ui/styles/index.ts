import { approvals } from './approvals.js'
import { badges } from './badges.js'
import { buttons } from './buttons.js'
import { fields } from './fields.js'
import { inputs } from './inputs.js'
import { importDialog } from './import-dialog.js'
import { integrationList } from './integration-list.js'
import { integration } from './integration.js'
import { overlays } from './overlays.js'
import { page } from './page.js'
import { preferences } from './preferences.js'
import { tiles } from './tiles.js'
import { tokens } from './tokens.js'
import { toolChanges } from './tool-changes.js'
import { tools } from './tools.js'

/** The style sheets of all parts of an element, in order of precedence. */
export const styles = [
  tokens,
  buttons,
  inputs,
  fields,
  badges,
  overlays,
  preferences,
  page,
  integrationList,
  tiles,
  integration,
  tools,
  importDialog,
  toolChanges,
  approvals,
]
