import type { BeforeSend } from './connection-contract.js'

/** What goes with a request through the SDK to its transport, beside the request. */
export interface Carried {
  readonly beforeSend?: BeforeSend | undefined
  /** The answer came already, to the same request under another id: it is read and nothing is sent. */
  readonly received?: { readonly response: Response; readonly sentAs: number } | undefined
}

/** A header by which it gets there; it never leaves the process. */
const header = 'x-mcp-integrations-carried'

const underWay = new Map<string, Carried>()
let lastMark = 0

/** Runs a request whose options carry it in their headers. */
export async function carrying<T>(
  carried: Carried,
  request: (headers: Readonly<Record<string, string>>) => Promise<T>,
): Promise<T> {
  if (carried.beforeSend === undefined && carried.received === undefined) return request({})
  const mark = String(++lastMark)
  underWay.set(mark, carried)
  try {
    return await request({ [header]: mark })
  } finally {
    underWay.delete(mark)
  }
}

/** Takes what a request carries out of its headers again. An answer that came goes with the first request only. */
export function carriedIn(
  headers: Readonly<Record<string, string>> | undefined,
): Carried & { readonly headers: Readonly<Record<string, string>> } {
  const { [header]: mark = '', ...rest } = headers ?? {}
  const carried = underWay.get(mark)
  if (carried?.received !== undefined) underWay.set(mark, { ...carried, received: undefined })
  return { ...carried, headers: rest }
}
