/**
 * Shortens names for a framework that adds its own prefix: a long name is cut and ends with a checksum of the whole name.
 * The names are the same in every process, as long as the toolset has the same tools.
 */
export function shortNames<T>(
  items: readonly T[],
  nameOf: (item: T) => string,
  maxLength: number,
): ReadonlyMap<string, T> {
  const taken = new Map(items.filter((item) => nameOf(item).length <= maxLength).map((item) => [nameOf(item), item]))
  for (const item of items.filter((one) => nameOf(one).length > maxLength)) {
    let short = cut(nameOf(item), maxLength)
    for (let n = 2; taken.has(short); n++) short = cut(`${nameOf(item)}#${n}`, maxLength)
    taken.set(short, item)
  }
  return taken
}

/** The name, or its start and a checksum of the whole if it is too long. */
export function shortName(name: string, maxLength: number): string {
  return name.length <= maxLength ? name : cut(name, maxLength)
}

function cut(name: string, maxLength: number): string {
  return `${name.slice(0, maxLength - 9)}_${sumOf(name)}`
}

/** FNV-1a. It only has to distinguish names; a collision gets another checksum. */
function sumOf(text: string): string {
  let sum = 0x811c9dc5
  for (const byte of new TextEncoder().encode(text)) sum = Math.imul(sum ^ byte, 0x01000193)
  return (sum >>> 0).toString(16).padStart(8, '0')
}
