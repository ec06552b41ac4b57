import { conflict } from './errors.js'

/** Repeats a read-decide-commit a few times until it succeeds; after that it rejects with `conflict`. */
export async function retrying<T>(what: string, attempt: () => Promise<T | false>): Promise<T> {
  for (let tries = 0; tries < 8; tries++) {
    const done = await attempt()
    if (done !== false) return done
  }
  throw conflict(what)
}
