/** Who may change sources: admins, as the server says, too. */
import { caller } from '../shell/caller.ts'

/** Whether to offer it; where nobody logs in the server alone decides. */
export function mayChange(): boolean {
  const role = caller.value?.role
  return role === undefined || role === 'admin'
}
