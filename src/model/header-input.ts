import { z } from 'zod'
import { boundedRecord } from './bounded-record.js'

/** Headers that HTTP, MCP or the library set themselves. */
export const reservedHeader =
  /^(?:host|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|expect|cookie|set-cookie|origin|referer|accept|accept-encoding|last-event-id|mcp-.*|content-.*|sec-.*|user-agent|via|forwarded|x-forwarded-.*|x-real-ip|dpop)$/i

const headerName = z
  .string()
  .regex(
    /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/,
    'is not a header name that HTTP allows (RFC 9110): letters, digits and hyphens, without a colon or blanks',
  )
  .refine((value) => !reservedHeader.test(value), 'is reserved: HTTP, MCP or the library sets it')
/** Pasted values often have blanks and line breaks around them, which are not part of a header value (RFC 9110). */
const headerValue = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(8192, 'must be at most 8192 characters')
  .regex(/^[\x20-\x7E\t]*$/, 'must be printable ASCII (RFC 9110)')
  .refine((value) => !/^(?:bearer|basic)$/i.test(value), 'must have a credential after the scheme')
  .refine((value) => !/^(bearer|basic)[ \t]+\1[ \t]/i.test(value), 'must name the scheme only once')

const mostHeaders = { most: 50, what: 'headers' }

/** Headers to store, by name. */
export const headers = boundedRecord(mostHeaders, headerName, headerValue)
  .refine(distinct, 'names a header twice')
  .superRefine(withoutOwnNames)
/** Headers to change: `null` removes one. */
export const headerEdits = boundedRecord(mostHeaders, headerName, headerValue.nullable())
  .refine(distinct, 'names a header twice')
  .superRefine(withoutOwnNames)

/** Refuses a whole header line that was pasted as the value. */
function withoutOwnNames(all: Readonly<Record<string, string | null>>, context: z.RefinementCtx): void {
  for (const [header, value] of Object.entries(all))
    if (value?.toLowerCase().startsWith(`${header.toLowerCase()}:`) === true)
      context.addIssue({
        code: 'custom',
        path: [header],
        message: 'must not start with the header name: give only the text after the colon',
      })
}

function distinct(all: Record<string, unknown>): boolean {
  const names = Object.keys(all).map((header) => header.toLowerCase())
  return new Set(names).size === names.length
}
