import Database from 'libsql'
import { sqliteStorage } from '../../src/storage/sqlite.js'
import { writeAgainstOthers } from './writing.js'

/** One of several processes on one file. */
const { path, commits, name } = JSON.parse(process.argv[2]!) as { path: string; commits: number; name: string }
const storage = sqliteStorage({ database: new Database(path) })
process.send!(await writeAgainstOthers(storage, { commits, name }))
