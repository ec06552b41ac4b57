/** A mutation of one place: what is missing then, its file, the text there and what replaces it, and the test that notices. */
export const mutation = (without, file, [search, replace], [test, named]) => ({
  without,
  edits: [{ file, search, replace }],
  test,
  named,
})
