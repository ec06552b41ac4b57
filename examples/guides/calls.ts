import type { ElicitAnswer, ElicitCallback, ElicitRequest } from 'mcp-integrations'
import { connectedNotes, expect } from './host.js'

export async function calls(): Promise<void> {
  const { mine, notes, integration, close } = await connectedNotes()
  // #region form
  const shown: string[] = []
  const form = {
    async open({ message }: ElicitRequest, _options: { readonly signal: AbortSignal }): Promise<ElicitAnswer> {
      shown.push(message)
      return { action: 'accept', content: { copies: 2 } }
    },
  }
  // #endregion
  await notes.setTools([
    {
      name: 'print',
      annotations: { readOnlyHint: true },
      run: (_args, { mcpReq: { inputResponses } }) =>
        inputResponses === undefined
          ? {
              resultType: 'input_required',
              inputRequests: {
                copies: {
                  method: 'elicitation/create',
                  params: {
                    mode: 'form',
                    message: 'How many copies?',
                    requestedSchema: { type: 'object', properties: { copies: { type: 'integer' } } },
                  },
                },
              },
            }
          : JSON.stringify(inputResponses),
    },
  ])
  const { tools } = await mine.refreshTools(integration.id)
  await mine.acceptTools(integration.id, { print: tools.find(({ name }) => name === 'print')!.definitionHash })
  // #region elicit
  const elicit: ElicitCallback = (request, { signal }) =>
    request.mode === 'form'
      ? form.open(request, { signal }) // fields of request.requestedSchema; say that request.integration.origin asks
      : { action: 'decline' } // 'url': show request.url, and let the person open it
  const toolset = await mine.toolset('assistant', { elicit })
  // #endregion
  // #region options
  const controller = new AbortController()
  const outcome = await toolset.call(
    'notes__print',
    {},
    {
      signal: controller.signal, // ends the call, at the server too
      timeoutMs: 120_000, // waiting for a person doesn't count
      onProgress: ({ progress, total, message }) => shown.push(`${progress}/${total ?? '?'} ${message ?? ''}`),
      idempotencyKey: 'run-1/step-1', // for a framework that repeats a step
    },
  )
  // #endregion
  expect('the question was answered', outcome.type === 'completed' && shown.includes('How many copies?'))
  await close()
}
