/** Whole numbers that a `Set` of the platform puts into few buckets, because it hashes numbers without a secret. */
export function collidingNumbers(count: number): readonly number[] {
  const found: number[] = []
  for (let number = 1; found.length < count && number < 2 ** 30; number++)
    if ((hashOf(number) & 0x3fff) === 0) found.push(number)
  return found
}

/** Thomas Wang's hash, as V8 has it for small integers. */
function hashOf(number: number): number {
  let hash = number >>> 0
  hash = (~hash + (hash << 15)) >>> 0
  hash = (hash ^ (hash >>> 12)) >>> 0
  hash = (hash + (hash << 2)) >>> 0
  hash = (hash ^ (hash >>> 4)) >>> 0
  hash = Math.imul(hash, 2057) >>> 0
  return (hash ^ (hash >>> 16)) >>> 0
}
