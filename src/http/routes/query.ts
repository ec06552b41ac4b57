import { z } from 'zod'

/** A boolean in a URL: `1` or `true`. */
export const flag = z.enum(['1', 'true', '0', 'false']).transform((value) => value === '1' || value === 'true')

/** The number of items on a page. */
export const limit = z.coerce
  .number()
  .int('must be a whole number')
  .min(1, 'must be at least 1')
  .max(1000, 'must be at most 1000')

/** An id, a name or a cursor. */
export const text = z.string().min(1, 'must not be empty').max(512, 'must be at most 512 characters')

/** A moment, in ms since the epoch. */
export const moment = z.coerce.number().int('must be ms since the epoch').min(0, 'must be ms since the epoch')
