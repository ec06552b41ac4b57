import { startPostgres } from './postgres.js'

/** One PostgreSQL for all test files of the lane `npm run test:postgres`. */
export default async function setup(): Promise<() => Promise<void>> {
  const server = await startPostgres()
  process.env['DATABASE_URL'] = server.url
  return () => server.stop()
}
