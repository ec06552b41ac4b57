import type { BeforeSend } from './connection-contract.js'

/** A header by which a call's `beforeSend` gets through the SDK to its transport; it never leaves the process. */
const header = 'x-mcp-integrations-before-send'

const carried = new Map<string, BeforeSend>()
let lastMark = 0

/** Runs a request whose options carry its `beforeSend` in their headers. */
export async function carrying<T>(
  beforeSend: BeforeSend | undefined,
  request: (headers: Readonly<Record<string, string>>) => Promise<T>,
): Promise<T> {
  if (beforeSend === undefined) return request({})
  const mark = String(++lastMark)
  carried.set(mark, beforeSend)
  try {
    return await request({ [header]: mark })
  } finally {
    carried.delete(mark)
  }
}

/** Takes a request's `beforeSend` out of its headers again. */
export function carriedIn(headers: Readonly<Record<string, string>> | undefined): {
  readonly beforeSend: BeforeSend | undefined
  readonly headers: Readonly<Record<string, string>>
} {
  const { [header]: mark = '', ...rest } = headers ?? {}
  return { beforeSend: carried.get(mark), headers: rest }
}
