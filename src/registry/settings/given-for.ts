import { conflict } from '../state/errors.js'
import { originOf, type IntegrationRecord } from '../state/records.js'

/**
 * A person gives secrets for the server that an integration has at that moment. An edit that comes between must not take them
 * to another server.
 *
 * @param origin - the server's origin, if it is known; otherwise that of the first record
 * @returns a check for each try to store the secrets, which returns the origin; it throws IntegrationError `conflict`
 */
export function givenFor(origin?: string): (record: IntegrationRecord) => string {
  let given = origin
  return (record) => {
    given ??= originOf(record)
    if (originOf(record) !== given) throw conflict(`Integration "${record.name}"`)
    return given
  }
}
