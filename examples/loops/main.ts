/**
 * Every loop whose framework is light enough for the main installation, one after the other. The others run with their
 * frameworks: npm run test:bridges.
 */
export const loops = [
  await import('./ai-sdk.js'),
  await import('./anthropic.js'),
  await import('./google.js'),
  await import('./openai.js'),
  await import('./openai-chat.js'),
]
