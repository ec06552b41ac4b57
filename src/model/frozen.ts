/**
 * Freezes plain data deeply and returns it: shared data that is handed out can't be changed by its receiver.
 */
export function frozen<T>(value: T): T {
  const rest: unknown[] = [value]
  while (rest.length > 0) {
    const next = rest.pop()
    if (typeof next !== 'object' || next === null || Object.isFrozen(next)) continue
    Object.freeze(next)
    for (const child of Object.values(next)) if (typeof child === 'object' && child !== null) rest.push(child)
  }
  return value
}
