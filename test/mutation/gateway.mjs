// What clients of the gateway can do to the process, and what they are told.
const floods = 'test/gateway/floods.test.ts'

/** A mutation of one place. */
const mutation = (without, file, [search, replace], named) => ({
  without,
  edits: [{ file: `src/gateway/${file}`, search, replace }],
  test: floods,
  named,
})

export default [
  mutation(
    'a bound for the values of a request',
    'bounded-request.ts',
    ['if (!isModest(text))', 'if (false)'],
    'very many',
  ),
  mutation(
    'a bound for the bytes of a request',
    'bounded-request.ts',
    ['if (bytes > maxBytes)', 'if (false)'],
    'a long text',
  ),
  mutation(
    'places of a person',
    'requests-in-progress.ts',
    ['if (before >= maxPerPerson)', 'if (false)'],
    'has its own places only',
  ),
  mutation(
    'an end of the place of a stream',
    'requests-in-progress.ts',
    ['whenRead(response, end)', 'response'],
    'has its own places only',
  ),
  mutation(
    'an end of the place of a request that is given up',
    'requests-in-progress.ts',
    ["else signal.addEventListener('abort', end, { once: true })", ''],
    'leaves its place',
  ),
  mutation(
    'silence about errors of the host',
    'gateway-server.ts',
    ['throw new Error(unexpected)', 'throw error'],
    'reaches its log and no client',
  ),
]
