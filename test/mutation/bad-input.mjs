// What callers and strangers send that is not what it should be.
const badInput = 'test/registry/bad-input.test.ts'

export default [
  {
    without: 'ids of the host that are well-formed text',
    edits: [
      {
        file: 'src/registry/state/verb-shapes.ts',
        search: 'value.length >= 1 && value.length <= 200 && !/[\\0\\p{Surrogate}]/u.test(value)',
        replace: 'value.length >= 1 && value.length <= 200',
      },
    ],
    test: badInput,
  },
  {
    without: 'ids that are text',
    edits: [
      {
        file: 'src/registry/state/verb-shapes.ts',
        search: "typeof anId === 'string' ? anId : `(${typeof anId})`",
        replace: 'anId as string',
      },
    ],
    test: badInput,
  },
]
