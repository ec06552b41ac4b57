import { conflict } from './errors.js'

/** Repeats a read-decide-commit until it holds, a few times: then somebody else keeps winning, and it is a conflict. */
export async function retrying<T>(what: string, attempt: () => Promise<T | false>): Promise<T> {
  for (let tries = 0; tries < 8; tries++) {
    const done = await attempt()
    if (done !== false) return done
  }
  throw conflict(what)
}
