import { IntegrationError, isIntegrationError } from '../model/errors.js'

/** The host's own pool, e.g. a `Pool` of `pg`. */
export interface PostgresPool {
  /** Takes a client out of the pool. */
  connect(): Promise<PostgresClient>
}

/** A client of a {@link PostgresPool}. */
export interface PostgresClient {
  /** Runs one statement. */
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>
  /** Returns the client to the pool. With an error, its connection is closed instead. */
  release(error?: Error): void
  /** Listens for errors of the connection. */
  on(event: 'error', listener: (error: Error) => void): unknown
  /** Stops listening. */
  off(event: 'error', listener: (error: Error) => void): unknown
}

/** Sends one statement and returns the rows. */
export type Query = (text: string, values?: unknown[]) => Promise<unknown[]>

/**
 * Uses a client of the pool for some work and returns it, within a time limit that includes waiting for the client. The
 * connection of late work is closed, so that the work stops and the client doesn't leak.
 *
 * @throws `storage_unavailable` for every failure of the database or the driver
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

/** The SQLSTATE of a failed statement, whose connection still works. @see https://www.postgresql.org/docs/current/errcodes-appendix.html */
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

/** Only the code is shown, because the message of the database or driver may contain values. */
function unavailable(error?: unknown): IntegrationError {
  const code = codeOf(error)
  const known = /^[0-9A-Z_]{4,30}$/.test(code) ? ` (${code})` : ''
  return new IntegrationError('storage_unavailable', `The PostgreSQL database can't be used now${known}.`)
}

/** Errors of a connection are ignored, because they also reject the running statement. */
function ignore(): void {}
