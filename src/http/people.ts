import { z } from 'zod'
import type { Actor } from '../index.js'

/** A person of the host, as other people see them. */
export interface Person {
  /** The `userId` of their {@link Actor}. */
  readonly id: string
  readonly name: string
}

/**
 * Finds people of an actor's workspace. `search` is the typed text; without it, return the people maxPeople likely to be chosen.
 * At maxPeople 100 are used. Return only people whom the actor can see.
 */
export type FindPeople = (
  actor: Actor,
  query: { readonly search?: string | undefined; readonly signal: AbortSignal },
) => readonly Person[] | Promise<readonly Person[]>

const maxPeople = 100
const person = z.object({ id: z.string().min(1).max(512), name: z.string().min(1).max(512) })

/** The people found by the host, reduced to id and name. */
export async function peopleFound(
  find: FindPeople,
  actor: Actor,
  query: Parameters<FindPeople>[1],
): Promise<readonly Person[]> {
  return z.array(person).parse((await find(actor, query)).slice(0, maxPeople))
}
