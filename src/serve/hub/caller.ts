/** How who asks is called in history and lists. */
import { ANYBODY, type Ask } from '../../net/server/message.ts'

/** The name of the user or token; the address where nobody has to say who they are. */
export function callerOf({ identity, address }: Pick<Ask, 'identity' | 'address'>): string {
  return identity.name === ANYBODY ? address : identity.name
}
