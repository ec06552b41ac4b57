import pg from 'pg'
import { postgresStorage } from '../../src/storage/postgres.js'
import { writeAgainstOthers } from './writing.js'

interface Input {
  readonly url: string
  readonly schema: string
  readonly commits: number
  readonly name: string
}

/** One of several processes on one database. */
const { url, schema, commits, name } = JSON.parse(process.argv[2]!) as Input
const pool = new pg.Pool({ connectionString: url, max: 4 })
const { appended } = await writeAgainstOthers(postgresStorage({ pool, schema }), { commits, name })
await pool.end()
process.send!({ appended })
