import pg from 'pg'
import { postgresStorage } from '../../src/storage/postgres.js'

interface Input {
  readonly url: string
  readonly schema: string
  readonly commits: number
  readonly name: string
}

/** One of several processes on one database: commits three rows at a time, retrying when somebody wrote first. */
const { url, schema, commits, name } = JSON.parse(process.argv[2]!) as Input
const pool = new pg.Pool({ connectionString: url, max: 4 })
const storage = postgresStorage({ pool, schema })
const appended: string[] = []
for (let done = 0; done < commits;) {
  const [count] = (await storage.read('w', ['count'])).records
  const written = await storage.commit('w', [
    { key: 'count', ifVersion: count?.version ?? null, value: Number(count?.value ?? 0) + 1 },
    { key: `by/${name}/${done}`, value: done },
    { append: 'event/', value: `${name} ${done}` },
  ])
  if (written === false) continue
  appended.push(written[2]!.key)
  done++
}
await pool.end()
process.send!({ appended })
