// Tells the story of examples/loops with every framework of a lane, in two processes each, on SQLite and on PostgreSQL:
// node scripts/run.mjs test/bridges/frameworks/stories.ts LANE NODE REPORT. The report says how each ended, as JSON.
import { spawnSync } from 'node:child_process'
import { readdirSync, writeFileSync } from 'node:fs'
import { startPostgres } from '../../support/postgres.js'

const [lane, node, report, ...left] = process.argv.slice(2) as [string, string, string, ...string[]]
const postgres = await startPostgres()
const databases = { SQLite: undefined, PostgreSQL: postgres.url }

const stories = ['examples/loops', 'examples/loops/frameworks'].flatMap((folder) =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.ts') && !['main.ts', 'story.ts'].includes(file))
    .map((file) => ({ name: file.replace('.ts', ''), program: `${folder}/${file}` }))
    .filter(({ name }) => !left.includes(name)),
)

const told = stories.map(({ name, program }) => {
  const cells = Object.entries(databases).map(([database, url]) => {
    const { DATABASE_URL: _given, ...env } = process.env
    const { status } = spawnSync(node, ['scripts/run.mjs', '--lane', lane, program], {
      stdio: 'inherit',
      env: url === undefined ? env : { ...env, DATABASE_URL: url },
    })
    return [database, status === 0] as const
  })
  return [name, Object.fromEntries(cells)] as const
})

writeFileSync(report, JSON.stringify(Object.fromEntries(told)))
await postgres.stop()
