import type { Case } from './case.js'

const rows: Readonly<Record<string, string>> = {
  healthy: 'completed',
  'a line without end': 'response_too_large',
  'a line without end at once': 'response_too_large',
  'a message without end': 'response_too_large',
  'empty lines without end': 'response_too_large',
  'broken JSON without end': 'response_too_large',
  'log lines that look like JSON': 'completed',
  'progress without end': 'response_too_large',
  'requests without end': 'response_too_large',
  'large messages that nobody asked for': 'response_too_large',
  'half a message': 'timeout',
  'half a message and an end': 'unreachable',
  'a message of 50 MB': 'response_too_large',
  'a million empty lists': 'response_too_large',
  'a list of a million messages': 'response_too_large',
  'a list of many messages': 'response_too_large | timeout',
  'a million levels': 'response_too_large',
  'a thousand levels': 'protocol_error',
  'an answer to another request': 'timeout',
  'two answers to one request': 'completed',
  'one byte at a time': 'timeout | completed',
  'bytes that are no text': 'completed | timeout | protocol_error',
  'a question of very many fields': 'completed',
  'fresh cursors without end': 'completed',
  'schemas that hurt': 'completed',
  'an exit at once': 'unreachable',
  'an exit at each call': 'unreachable',
  'an error output without end': 'timeout',
  'a deaf ear to its end': 'completed',
  'a child that stays': 'completed',
  'a child that holds the output': 'completed',
  'a child, and an exit': 'completed',
  silence: 'timeout',
  'silence from the start': 'timeout',
}

/** Programs of this machine, over standard streams: `local-server.mjs` plays them. */
export const localCases: readonly Case[] = Object.entries(rows).map(([name, outcomes]) => ({
  name,
  outcomes: outcomes.split(' | '),
}))
