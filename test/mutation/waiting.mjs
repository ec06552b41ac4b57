// Decisions that hold until a call leaves: what is read again, and what is checked in the last commit.
const admit = 'src/registry/gate/admit.ts'
const aging = 'test/registry/aging.test.ts'

export default [
  {
    without: 'a second decision of a call that waited',
    edits: [{ file: admit, search: 'else if (waited) await holdOn', replace: 'else if (false) await holdOn' }],
    test: aging,
    named: 'it waited for a place',
  },
]
