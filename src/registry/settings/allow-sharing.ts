import { IntegrationError } from '../../model/errors.js'
import { accessTo } from '../state/access.js'
import type { ActorContext } from '../state/context.js'

/**
 * Checks that the actor may share integrations with the workspace.
 *
 * @throws IntegrationError `forbidden` if the host lets only admins share
 */
export function allowSharing(context: ActorContext): void {
  const own = { ownerId: context.actor.userId, visibility: 'private' } as const
  if (accessTo(context, 'share', own) !== 'allowed')
    throw new IntegrationError(
      'forbidden',
      'Only admins can share an integration with the workspace. Connect it as private, or ask an admin.',
    )
}
