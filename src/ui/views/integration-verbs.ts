import type { ConnectResult, Integration } from '../../index.js'
import { plain } from '../controls/text.js'
import { shownError } from '../state/errors.js'
import type { PageSession } from '../state/session.js'
import { returnAddress } from './return-address.js'
import { statusView } from './status.js'

/** Checks the connection with the real credential; starts a sign-in if one is needed. */
export async function validate(session: PageSession, integration: Integration): Promise<Integration | undefined> {
  return settled(session, () => session.client.validate(integration.id, { returnTo: returnAddress() }))
}

/** Starts a new sign-in: for the shared credential, or for the person's own. */
export async function reconnect(session: PageSession, integration: Integration): Promise<Integration | undefined> {
  const returnTo = returnAddress()
  return settled(session, () =>
    integration.credentials === 'per_user'
      ? session.client.authorize(integration.id, {}, { returnTo })
      : session.client.reconnect(integration.id, {}, { returnTo }),
  )
}

/** Turns an integration on or off. */
export async function setEnabled(
  session: PageSession,
  { id }: Integration,
  enabled: boolean,
): Promise<Integration | undefined> {
  return reported(session, async () => {
    const integration = await (enabled ? session.client.enable(id) : session.client.disable(id))
    const name = plain(integration.name)
    session.announce(enabled ? session.labels.outcomeOn(name) : session.labels.outcomeOff(name), 'good')
    return integration
  })
}

/** Announces the outcome of a connect, check or sign-in, or sends the person to sign in. */
export function settle(session: PageSession, result: ConnectResult): Integration {
  const { labels, format } = session
  const { integration } = result
  const name = plain(integration.name)
  if (result.type === 'authorization_required')
    session.signIn({ integrationId: integration.id, name, authorizationUrl: result.authorizationUrl })
  else if (result.type === 'connected')
    session.announce(labels.outcomeWorks(name, labels.toolCount(integration.tools.total)), 'good')
  else
    session.announce(
      labels.outcomeStatus(name, statusView({ ...integration, enabled: true }, labels, format).line),
      'bad',
    )
  return integration
}

/** Runs an operation and announces its error. */
export async function reported<T>(session: PageSession, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    session.announce(shownError(error, session.labels).message, 'bad')
    return undefined
  }
}

function settled(session: PageSession, work: () => Promise<ConnectResult>): Promise<Integration | undefined> {
  return reported(session, async () => settle(session, await work()))
}
