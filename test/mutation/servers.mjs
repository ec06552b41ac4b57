// Work that a server starts, and what people share at one server.
const shared = 'src/registry/settings/shared-registration.ts'

export default [
  {
    without: 'one failed registration for all who waited for it',
    edits: [
      {
        file: shared,
        search: "if (!isIntegrationError(error) || error.code !== 'aborted') throw error",
        replace: 'void error',
      },
    ],
    test: 'test/registry/shared-registration.test.ts',
    named: 'is asked for once by all who wait for it',
  },
  {
    without: 'one registration for all who need it at once',
    edits: [
      { file: shared, search: '(running = context.registering.get(key))', replace: '(running = undefined as any)' },
    ],
    test: 'test/registry/shared-registration.test.ts',
    named: 'is one for all integrations',
  },
  {
    without: 'a registration that is found by who comes later',
    edits: [{ file: shared, search: '(await findRegistration(context, sharer, wanted)) ??', replace: '' }],
    test: 'test/registry/shared-registration.test.ts',
    named: 'is one for all integrations',
  },
]
