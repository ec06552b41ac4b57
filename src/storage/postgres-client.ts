import { IntegrationError, isIntegrationError } from '../model/errors.js'

/** The host's own pool: `Pool` of `pg` fits. */
export interface PostgresPool {
  /** Takes a client out of the pool. */
  connect(): Promise<PostgresClient>
}

/** A client that a {@link PostgresPool} lends. */
export interface PostgresClient {
  /** Runs one statement. */
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>
  /** An error ends the client's connection instead of lending it again. */
  release(error?: Error): void
  /** Listens for errors of the connection. */
  on(event: 'error', listener: (error: Error) => void): unknown
  /** Ends that. */
  off(event: 'error', listener: (error: Error) => void): unknown
}

/** Sends one statement and gives its rows. */
export type Query = (text: string, values?: unknown[]) => Promise<unknown[]>

/**
 * Does work on a client of the pool and gives it back, within a time that includes waiting for the client. Work that
 * runs late loses its connection, so that it neither goes on nor leaks.
 *
 * @throws `storage_unavailable` for every failure but those of our own making
 */
export async function usingClient<T>(pool: PostgresPool, ms: number, work: (query: Query) => Promise<T>): Promise<T> {
  let held: PostgresClient | undefined
  let late = false

  function giveBack(error?: Error): void {
    held?.off('error', ignore)
    held?.release(error)
    held = undefined
  }

  async function session(): Promise<T> {
    held = await pool.connect()
    held.on('error', ignore)
    try {
      const result = await work(async (text, values) => {
        if (held === undefined || late) throw unavailable()
        return (await held.query(text, values)).rows
      })
      giveBack()
      return result
    } catch (error) {
      giveBack(isStatementError(error) || isIntegrationError(error) ? undefined : new Error('broken'))
      throw isIntegrationError(error) ? error : unavailable(error)
    }
  }

  return await new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => {
      late = true
      giveBack(new Error('late'))
      reject(unavailable())
    }, ms)
    const settle = (end: () => void) => {
      clearTimeout(timer)
      end()
    }
    session().then(
      (result) => settle(() => resolve(result)),
      (error: unknown) => settle(() => reject(isIntegrationError(error) ? error : unavailable(error))),
    )
  })
}

/** The five characters by which PostgreSQL names what went wrong with a statement; the connection is fine. */
export function sqlState(error: unknown): string | undefined {
  const code = codeOf(error)
  return /^[0-9A-Z]{5}$/.test(code) ? code : undefined
}

function isStatementError(error: unknown): boolean {
  return sqlState(error) !== undefined
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
}

/** A code helps and is no secret; the message of the database or driver may hold values. */
function unavailable(error?: unknown): IntegrationError {
  const code = codeOf(error)
  const known = /^[0-9A-Z_]{4,30}$/.test(code) ? ` (${code})` : ''
  return new IntegrationError('storage_unavailable', `The PostgreSQL database can't be used now${known}.`)
}

/** What breaks a connection also rejects the statement that runs on it. */
function ignore(): void {}
