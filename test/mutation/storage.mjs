// What tells that a record that was read before is still what is stored.
const recent = 'src/storage/recent-records.ts'

/** A mutation of one place. */
const mutation = (without, file, [search, replace], named) => ({
  without,
  edits: [{ file, search, replace }],
  test: 'test/storage/sqlite-reads.test.ts',
  named,
})

export default [
  mutation(
    'a look at what other connections have written',
    recent,
    ['state.otherCommits !== otherCommits || ', ''],
    'show at once that one was overwritten',
  ),
  mutation(
    'a look at what else the connection has written',
    recent,
    [' || state.ownChanges !== ownChanges', ''],
    'show at once what the host itself changes',
  ),
  mutation(
    'forgetting a record that is written',
    recent,
    ['if (key !== undefined) this.#records.delete(placeOf(workspaceId, key))', ''],
    'show at once that one was overwritten',
  ),
  mutation(
    'forgetting a record that is removed',
    'src/storage/sqlite-commit.ts',
    ['.length > 0) recent.changed(workspaceId, key)', '.length > 0) recent.changed(workspaceId)'],
    'show at once that one was removed',
  ),
  mutation(
    'a look at transactions that the host has left open, before a record is kept',
    'src/storage/sqlite.ts',
    ['keys.length <= maxKeptKeys && isIdle(database)', 'keys.length <= maxKeptKeys'],
    'are neither kept nor written in a transaction',
  ),
  mutation(
    'a look at transactions that the host has left open, before a record is added',
    'src/storage/sqlite-commit.ts',
    [' && isIdle(target.database)', ''],
    'are neither kept nor written in a transaction',
  ),
  mutation(
    'a bound for the records that are kept',
    recent,
    ['maxSize: maxCharacters', 'maxSize: 1e9'],
    'take bounded memory',
  ),
]
