/** Makes a name unique among the taken ones, and takes it: `notes`, `notes 2`, `notes 3`. */
export function distinctName(name: string, taken: Set<string>, separator = ' '): string {
  let free = name
  for (let n = 2; taken.has(free); n++) free = `${name}${separator}${n}`
  taken.add(free)
  return free
}
