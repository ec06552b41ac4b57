import type { Actor } from 'mcp-integrations'
import { ana, bo, outsider, root } from './registry.js'

/**
 * A allowed · D refused (`forbidden`) · N answers exactly like an id that doesn't exist · – cannot come about.
 * The owner is Ana, Bo is a member, Root an admin; the outsider is an admin of another workspace.
 */
const table = `
  operation                  | private: owner member admin outsider | shared: owner member admin outsider
  get                        |          A     N      A     N        |         A     A      A     N
  update the name            |          A     N      D     N        |         A     D      A     N
  update the agents          |          A     N      D     N        |         A     D      A     N
  update the visibility      |          A     N      D     N        |         A     D      A     N
  enable                     |          A     N      D     N        |         A     D      A     N
  set headers                |          A     N      D     N        |         A     D      A     N
  set the URL                |          A     N      D     N        |         A     D      A     N
  set the credentials mode   |          A     N      D     N        |         A     D      A     N
  validate                   |          A     N      D     N        |         A     A      A     N
  refresh tools              |          A     N      D     N        |         A     A      A     N
  reconnect                  |          A     N      D     N        |         A     D      A     N
  give one's own credential  |          –     –      –     –        |         A     A      A     N
  drop one's own credential  |          –     –      –     –        |         A     A      A     N
  disable                    |          A     N      A     N        |         A     D      A     N
  remove                     |          A     N      A     N        |         A     D      A     N
  list its tools             |          A     N      D     N        |         A     A      A     N
  configure a tool           |          A     N      D     N        |         A     D      A     N
  accept a changed tool      |          A     N      D     N        |         A     D      A     N
  mark as trusted            |          D     N      A     N        |         D     D      A     N
  call a tool                |          A     N      D     N        |         A     A      A     N
  get an approval of one's own     |    A     N      D     N        |         A     A      A     N
  decide an approval of one's own  |    A     N      D     N        |         A     A      A     N
  decide another's approval        |    N     N      N     N        |         N     N      D     N
  revoke a grant of one's own      |    A     –      –     N        |         A     A      A     N
  revoke another's grant           |    –     N      D     N        |         D     D      A     N
  transfer ownership         |          A     N      D     N        |         A     D      A     N
`

/** How an operation ends for somebody. */
export type AccessVerdict = 'A' | 'D' | 'N' | '–'

export const columns = ['owner', 'member', 'admin', 'outsider'] as const
export const people: Record<(typeof columns)[number], Actor> = { owner: ana, member: bo, admin: root, outsider }

/** The table, row by row: a verdict for each of {@link columns}. */
export const accessRows = table
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => {
    const [operation = '', ofPrivate = '', ofShared = ''] = line.split('|').map((cell) => cell.trim())
    return {
      operation,
      private: ofPrivate.split(/\s+/) as AccessVerdict[],
      workspace: ofShared.split(/\s+/) as AccessVerdict[],
    }
  })
