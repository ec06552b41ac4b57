import { z } from 'zod'
import { exportServers } from '../../import/export-servers.js'
import { importServers, type ImportRow } from '../../import/import-servers.js'
import { previewServers } from '../../import/preview-servers.js'
import { readServers } from '../../import/read-servers.js'
import { IntegrationError } from '../../index.js'
import { boundedRecord } from '../../model/bounded-record.js'
import type { ImportedRow } from '../client.js'
import { problemOf } from '../problem.js'
import { route } from '../route.js'
import { schemas } from '../schemas.js'
import { flag } from './query.js'

const name = z.string().max(512, 'must be at most 512 characters')

const answer = z.string().max(8192, 'must be at most 8192 characters')
const answers = boundedRecord({ most: 200, what: 'answers' }, name, answer)

/** A list from another client, and the options of {@link importServers}. */
const importInput = z.strictObject({
  text: z.string().max(1_048_576, 'must be at most 1 MiB'),
  agents: z.array(name.min(1, 'must not be empty')).min(1, 'must name at least one agent').max(200).optional(),
  only: z.array(name).max(200).optional(),
  answers: boundedRecord({ most: 200, what: 'servers' }, name, answers).optional(),
  visibility: z.enum(['private', 'workspace']).optional(),
  enabled: z.boolean().optional(),
})

/** Import and export of lists of servers. */
export const listRoutes = [
  route({
    verb: 'list',
    name: 'exportServers',
    method: 'GET',
    path: '/export',
    summary: 'Your integrations as a list for another client, without secrets',
    result: z.looseObject({}),
    query: z.strictObject({ format: z.enum(['mcp.json', 'vscode']).optional() }),
    async run({ mine, query, signal }) {
      return JSON.parse(exportServers(await mine.list({ signal }), query)) as object
    },
  }),
  route({
    verb: 'connect',
    name: 'importServers',
    method: 'POST',
    path: '/import',
    summary: 'Connects the servers of a list, with the result of each; with preview=1 shows them and stores nothing',
    result: schemas.ServerImport,
    query: z.strictObject({ preview: flag.optional() }),
    body: importInput,
    perMinute: 30,
    async run({ mine, query, body: { text, agents, ...options }, signal }) {
      const { format, servers } = readServers(text)
      if (query.preview === true) return { format, servers: previewServers(servers) }
      if (agents === undefined) throw noAgents()
      const { rows } = await importServers(mine, servers, { agents, ...options, signal })
      return { rows: rows.map(shownRow) }
    },
  }),
]

/** A row as JSON. */
function shownRow(row: ImportRow): ImportedRow {
  return row.type === 'refused' ? { name: row.name, type: 'refused', problem: problemOf(row.error) } : row
}

function noAgents(): IntegrationError {
  const message = 'must name the agents that can use the new integrations'
  return new IntegrationError('invalid_input', `agents ${message}.`, { fields: [{ path: 'agents', message }] })
}
