// The client under test of the official conformance suite: a small host that knows nothing but our public face.
// node test/conformance/client.mjs <server-url>
import { IntegrationRegistry, encryptedCredentials, memoryStorage } from 'mcp-integrations'

const serverUrl = process.argv.at(-1)
const context = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? '{}')

/** What a host would know of a tool before it calls it. */
const argumentsOf = { add_numbers: { a: 5, b: 3 } }
/** Sign-ins for one server before a person would give up. */
let signInsLeft = 3

const registry = new IntegrationRegistry({
  storage: memoryStorage(),
  credentials: encryptedCredentials({ keys: [{ id: 'this run', secret: crypto.getRandomValues(new Uint8Array(32)) }] }),
  agents: ['tester'],
  confirm: () => 'approve',
  elicit: () => ({ action: 'accept', content: {} }),
  oauth: {
    redirectUrl: 'http://localhost:3000/callback',
    clientName: 'mcp-integrations conformance client',
    clientMetadataUrl: 'https://conformance-test.local/client-metadata.json',
  },
  egress: { allowLoopback: true },
})
const mine = registry.actingAs({ workspaceId: 'conformance', userId: 'tester' })

try {
  const connected = await signedIn(
    await mine.connect({ url: serverUrl, name: 'Server under test', agents: ['tester'], oauth: oauthSettings() }),
  )
  const toolset = await mine.toolset('tester')
  for (const tool of toolset.tools) await call(connected.id, tool)
  console.log('done')
} catch (error) {
  console.log(error.code ?? error.name, error.reason ?? '', error.message)
  process.exitCode = 1
} finally {
  await registry.close()
}

/** Calls a tool; when it needs more rights, a person gives them, and it is called again. */
async function call(integrationId, { modelName, name }) {
  for (;;) {
    const toolset = await mine.toolset('tester')
    const outcome = await toolset.call(modelName, argumentsOf[name] ?? {})
    if (outcome.type === 'completed') return
    if (outcome.type !== 'authorization_required') throw new Error(`${name}: ${outcome.type}`)
    await signedIn(await mine.reconnect(integrationId, outcome.scopes === undefined ? {} : { scopes: outcome.scopes }))
  }
}

/** Goes through sign-ins until the integration is connected. */
async function signedIn(result) {
  while (result.type !== 'connected') {
    const { id, statusDetail } = result.integration
    if (result.type === 'authorization_required') {
      if (signInsLeft-- === 0)
        throw Object.assign(new Error('No more sign-ins.'), {
          code: 'authorization_required',
          reason: 'scope_required',
        })
      result = await mine.finishConnect(await approve(result.authorizationUrl))
    } else if (statusDetail.action === 'reconnect') result = await mine.reconnect(id)
    else throw Object.assign(new Error(statusDetail.message), { code: 'failed', reason: statusDetail.reason })
  }
  return result.integration
}

/** The browser and the person: the authorization server of the suite approves at once. */
async function approve(authorizationUrl) {
  const response = await fetch(authorizationUrl, { redirect: 'manual' })
  await response.body?.cancel()
  return new URL(response.headers.get('location') ?? '', authorizationUrl).href
}

/** What a host would have been given with such credentials. */
function oauthSettings() {
  const { name = '', client_id: clientId, client_secret: clientSecret, private_key_pem: privateKeyPem } = context
  return {
    // Its 2025-03-26 servers call themselves by another path than the one they are found at.
    lenientIssuer: true,
    ...(clientId === undefined ? {} : { clientId }),
    ...(clientSecret === undefined ? {} : { clientSecret }),
    ...grant(),
  }

  function grant() {
    if (context.idp_id_token !== undefined) {
      const {
        idp_issuer: issuer,
        idp_token_endpoint: tokenEndpoint,
        idp_client_id: idpClientId,
        idp_id_token: idToken,
      } = context
      return { grant: { type: 'id_jag', idp: { issuer, tokenEndpoint, clientId: idpClientId, idToken } } }
    }
    if (privateKeyPem !== undefined) {
      return { grant: { type: 'client_credentials', privateKeyPem, signingAlgorithm: context.signing_algorithm } }
    }
    // A client id and a secret alone don't say what they are for: the name of the context does.
    return name.includes('client-credentials') ? { grant: { type: 'client_credentials' } } : {}
  }
}
