import { build } from 'esbuild'

/** The script of the chat page, as a host's own bundler makes it. */
export async function buildChatScript(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: ['examples/host/page/chat.ts'],
    alias: { 'mcp-integrations/elements': './src/ui/elements.ts' },
    // The elements define themselves on import; the sources don't declare that side effect.
    ignoreAnnotations: true,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    write: false,
  })
  return outputFiles[0]!.text
}
