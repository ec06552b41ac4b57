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
  {
    without: 'names that are counted before they are checked',
    edits: [{ file: 'src/model/bounded-record.ts', search: 'if (keys.length > most)', replace: 'if (false)' }],
    test: 'test/http/requests.test.ts',
    named: 'of very many',
  },
  {
    without: 'a bound for the problems of an error',
    edits: [
      { file: 'src/model/parse.ts', search: 'issue.keys.slice(0, maxProblems)', replace: 'issue.keys' },
      { file: 'src/model/parse.ts', search: 'problems.slice(0, maxProblems)', replace: 'problems' },
    ],
    test: 'test/http/requests.test.ts',
    named: 'of very many fields',
  },
  {
    without: 'a word about a name that would get lost',
    edits: [{ file: 'src/model/bounded-record.ts', search: "if (keys.includes('__proto__'))", replace: 'if (false)' }],
    test: 'test/http/requests.test.ts',
    named: 'with a header that would get lost',
  },
  {
    without: 'a typed error for a server that asks for another credential',
    edits: [
      {
        file: 'src/registry/settings/tools-overview.ts',
        search: 'if (!(error instanceof AuthorizationRequired)) throw error',
        replace: 'throw error',
      },
    ],
    test: 'test/registry/refresh-refused.test.ts',
  },
]
