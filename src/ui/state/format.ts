/** Times and numbers in a locale. */
export interface Format {
  /** `now`, `2 min. ago`, `in 3 hr.`: to the minute, so that the page need not update every second. */
  ago(at: number): string
  /** A day. */
  day(at: number): string
  /** A date and time. */
  date(at: number): string
  number(value: number): string
  list(items: readonly string[]): string
}

/** @param locale - a BCP 47 tag; `undefined`: the browser's */
export function formatIn(locale: string | undefined): Format {
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' })
  const days = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' })
  const dates = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' })
  const numbers = new Intl.NumberFormat(locale)
  const lists = new Intl.ListFormat(locale, { type: 'unit' })
  return {
    ago(at) {
      const seconds = Math.round((at - Date.now()) / 1000)
      const [size, unit] = units.find(([atLeast]) => Math.abs(seconds) >= atLeast) ?? [Infinity, 'second']
      // `Intl` formats zero seconds as `now` in every language.
      return relative.format(Math.trunc(seconds / size) || 0, unit)
    },
    day: (at) => days.format(at),
    date: (at) => dates.format(at),
    number: (value) => numbers.format(value),
    list: (items) => lists.format(items),
  }
}

const units = [
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
] as const
