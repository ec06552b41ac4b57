import { z } from 'zod'
import { isObject } from './json.js'

/**
 * An object with any keys, but not too many: they are counted before the first one is checked, because checking costs far
 * more time than reading. `__proto__` is refused, because zod would leave it out without a word.
 *
 * @param what - a problem's message says `must have at most {most} {what}`
 */
export function boundedRecord<Key extends string, Value>(
  { most, what }: { readonly most: number; readonly what: string },
  key: z.ZodType<Key>,
  value: z.ZodType<Value>,
): z.ZodType<Record<Key, Value>> {
  return z.preprocess(
    (given, context) => {
      if (!isObject(given)) return given
      const keys = Object.keys(given)
      if (keys.length > most) context.addIssue({ code: 'custom', message: `must have at most ${most} ${what}` })
      if (keys.includes('__proto__')) context.addIssue({ code: 'custom', message: 'must not have the name __proto__' })
      return given
    },
    z.record(key as z.ZodType<Key> & z.core.$ZodRecordKey, value),
  ) as z.ZodType<Record<Key, Value>>
}
