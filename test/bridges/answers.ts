import type { Step } from './bench.js'

/** Steps of a scripted model as the bodies with which each API says them. No id of a call comes twice, as with real ones. */
let ids = 0

export function openaiResponse(step: Step): unknown {
  return {
    id: 'resp',
    object: 'response',
    created_at: 1,
    model: 'test',
    usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 },
    output:
      typeof step === 'string'
        ? [
            {
              type: 'message',
              id: 'm',
              status: 'completed',
              role: 'assistant',
              content: [{ type: 'output_text', text: step, annotations: [] }],
            },
          ]
        : step.map(({ toolName, input, id }) => ({
            type: 'function_call',
            id: `fc_${++ids}`,
            call_id: id ?? `call_${++ids}`,
            name: toolName,
            arguments: JSON.stringify(input),
          })),
  }
}

export function openaiChatCompletion(step: Step): unknown {
  const said =
    typeof step === 'string'
      ? { content: step }
      : {
          content: null,
          tool_calls: step.map(({ toolName, input, id }) => ({
            id: id ?? `call_${++ids}`,
            type: 'function',
            function: { name: toolName, arguments: JSON.stringify(input) },
          })),
        }
  const choice = { index: 0, finish_reason: typeof step === 'string' ? 'stop' : 'tool_calls' }
  return {
    id: 'chat',
    object: 'chat.completion',
    created: 1,
    model: 'test',
    choices: [{ ...choice, message: { role: 'assistant', ...said } }],
  }
}

export function anthropicMessage(step: Step): unknown {
  return {
    id: 'msg',
    type: 'message',
    role: 'assistant',
    model: 'test',
    stop_reason: typeof step === 'string' ? 'end_turn' : 'tool_use',
    usage: { input_tokens: 1, output_tokens: 1 },
    content:
      typeof step === 'string'
        ? [{ type: 'text', text: step }]
        : step.map(({ toolName, input, id }) => ({
            type: 'tool_use',
            id: id ?? `toolu_${++ids}`,
            name: toolName,
            input,
          })),
  }
}

export function googleResponse(step: Step): unknown {
  const parts =
    typeof step === 'string'
      ? [{ text: step }]
      : step.map(({ toolName, input, id }) => ({
          functionCall: { id: id ?? `fc_${++ids}`, name: toolName, args: input },
        }))
  return { candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP' }] }
}
