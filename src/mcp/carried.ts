import type { Sending } from './connection-contract.js'

/** Data that is passed with a request through the SDK to its transport. */
export interface Carried {
  readonly sending?: Sending | undefined
  /** A response that was already received for the same request under another id. It is read, and nothing is sent. */
  readonly received?: { readonly response: Response; readonly sentAs: number } | undefined
}

/** The header that identifies the data inside the process; it is never sent. */
const header = 'x-mcp-integrations-carried'

const underWay = new Map<string, Carried>()
let lastMark = 0

/** Runs a request with the data, which its options reference in a header. */
export async function carrying<T>(
  carried: Carried,
  request: (headers: Readonly<Record<string, string>>) => Promise<T>,
): Promise<T> {
  if (carried.sending === undefined && carried.received === undefined) return request({})
  const mark = String(++lastMark)
  underWay.set(mark, carried)
  try {
    return await request({ [header]: mark })
  } finally {
    underWay.delete(mark)
  }
}

/** Removes the reference from a request's headers and returns the data. A received response is used for one request only. */
export function carriedIn(
  headers: Readonly<Record<string, string>> | undefined,
): Carried & { readonly headers: Readonly<Record<string, string>> } {
  const { [header]: mark = '', ...rest } = headers ?? {}
  const carried = underWay.get(mark)
  if (carried?.received !== undefined) underWay.set(mark, { ...carried, received: undefined })
  return { ...carried, headers: rest }
}
