import Database from 'libsql'
import { sqliteStorage } from '../../src/storage/sqlite.js'

/** One of several processes on one file: commits three rows at a time, retrying when somebody wrote first. */
const { path, commits, name } = JSON.parse(process.argv[2]!) as { path: string; commits: number; name: string }
const storage = sqliteStorage({ database: new Database(path) })
const appended: string[] = []
let lost = 0
for (let done = 0; done < commits;) {
  const [count] = (await storage.read('w', ['count'])).records
  const written = await storage.commit('w', [
    { key: 'count', ifVersion: count?.version ?? null, value: Number(count?.value ?? 0) + 1 },
    { key: `by/${name}/${done}`, value: done },
    { append: 'event/', value: `${name} ${done}` },
  ])
  if (written === false) lost++
  else appended.push(written[2]!.key)
  if (written !== false) done++
}
process.send!({ appended, lost })
