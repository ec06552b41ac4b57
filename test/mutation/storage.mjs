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
    ['state.others !== this.#state.others || ', ''],
    'show at once that one was overwritten',
  ),
  mutation(
    'a look at what else the connection has written',
    recent,
    [' || state.own !== this.#state.own', ''],
    'show at once what the host itself changes',
  ),
  mutation(
    'forgetting a record that is written',
    recent,
    ['if (key !== undefined) this.#records.delete(placeOf(workspaceId, key))', ''],
    'show at once that one was overwritten',
  ),
  mutation(
    'forgetting records when one is removed',
    'src/storage/sqlite-commit.ts',
    ['    recent.clear()\n', '    recent.changed(workspaceId)\n'],
    'show at once that one was removed',
  ),
  mutation(
    'a bound for the records that are kept',
    recent,
    ['maxSize: mostCharacters', 'maxSize: 1e9'],
    'take bounded memory',
  ),
]
