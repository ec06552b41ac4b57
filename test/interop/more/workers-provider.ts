import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { build } from 'esbuild'
import { browser } from './browse.js'
import { listen, type SignInServer } from './sign-in-server.js'

/** What is used of Miniflare, which is installed elsewhere and has no types here. */
interface Worker {
  dispatchFetch(url: string, init: object): Promise<Response>
  getKVNamespace(name: string): Promise<Store>
  dispose(): Promise<void>
}
interface Store {
  list(options: { readonly prefix: string }): Promise<{ readonly keys: readonly { readonly name: string }[] }>
  delete(name: string): Promise<void>
}

/** `@cloudflare/workers-oauth-provider` in workerd, behind a listener that keeps what it is asked for. */
export async function startWorkersProvider(packages: string): Promise<SignInServer> {
  const worker = await startWorker(packages)
  const { origin, asked, stop } = await listen(async (request) => {
    const body = request.body === null ? null : await request.text()
    const { method, url, headers } = request
    const init = { method, headers: Object.fromEntries(headers), body, redirect: 'manual' }
    const answer = await worker.dispatchFetch(url, init)
    return new Response(answer.body, { status: answer.status, headers: [...answer.headers] })
  })
  const forget = async (prefix: string) => {
    const store = await worker.getKVNamespace('OAUTH_KV')
    const { keys } = await store.list({ prefix })
    for (const { name } of keys) await store.delete(name)
  }
  return {
    url: `${origin}/mcp`,
    asked,
    browse: async (authorizationUrl) => (await browser(origin)(authorizationUrl)).href,
    endAccess: () => forget('token:'),
    endRefresh: () => forget('grant:'),
    async stop() {
      await stop()
      await worker.dispose()
    },
  }
}

async function startWorker(packages: string): Promise<Worker> {
  const { outputFiles } = await build({
    entryPoints: ['test/interop/servers/workers-provider.mjs'],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*'],
    nodePaths: [packages, resolve('node_modules')],
    logLevel: 'error',
  })
  const { Miniflare } = createRequire(packages)('miniflare') as { Miniflare: new (options: object) => Worker }
  const script = outputFiles[0]?.text
  return new Miniflare({ modules: true, script, compatibilityDate: '2026-04-01', kvNamespaces: ['OAUTH_KV'] })
}
