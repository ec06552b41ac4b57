/** A mutation of one place: what is missing then, its file, the text there and what replaces it, and the test that notices. */
export const mutation = (without, file, [search, replace], [test, named]) => ({
  without,
  edits: [{ file, search, replace }],
  test,
  named,
})

/** A mutation whose test takes 20 s or more to notice, because it waits or computes: not in the short form. */
export const slow = (one) => ({ ...one, isSlow: true })
