import type { Connector } from '../../model/connector.js'
import { invalid } from '../../model/input.js'

/**
 * Checks a host's catalogue, so that a mistake in it shows at start and not when a person connects.
 * @throws IntegrationError `invalid_input`
 */
export function checkConnectors(connectors: readonly Connector[]): readonly Connector[] {
  const problems = connectors.flatMap((connector, n) => {
    const path = `connectors[${n}]`
    const wrong: { path: string; message: string }[] = []
    if (typeof connector?.id !== 'string' || !/^[a-z0-9_-]{1,64}$/.test(connector.id))
      wrong.push({ path: `${path}.id`, message: 'must be 1-64 characters of [a-z0-9_-]' })
    else if (connectors.findIndex(({ id }) => id === connector.id) !== n)
      wrong.push({ path: `${path}.id`, message: 'is there twice' })
    if (typeof connector?.name !== 'string' || connector.name === '')
      wrong.push({ path: `${path}.name`, message: 'must not be empty' })
    if (!('local' in connector) && !URL.canParse(connector?.url))
      wrong.push({ path: `${path}.url`, message: 'must be a URL' })
    const { auth } = connector
    if (!(
      auth === 'none' ||
      auth === 'oauth' ||
      (typeof auth === 'object' && (auth.type === 'oauth' || (auth.type === 'header' && typeof auth.name === 'string')))
    ))
      wrong.push({
        path: `${path}.auth`,
        message: "must be 'none', 'oauth', { type: 'header', name } or { type: 'oauth', … }",
      })
    return wrong
  })
  if (problems.length > 0) throw invalid('connectors', problems)
  return connectors
}
