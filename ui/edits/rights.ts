/** Whether who looks may change content here. */
import { usePolled } from '../api/polled.ts'
import { type EditRights, loadRights } from './load.ts'

export interface Rights {
  readonly isEditable: boolean
  /** '' or why somebody with the role cannot change anything. */
  readonly reason: string
}

/** Nobody may until the server has said so. */
export function useRights(): Rights {
  const { data } = usePolled<EditRights>(loadRights, 0)
  if (data === undefined) return { isEditable: false, reason: '' }
  const { isAllowed, reason } = data
  return { isEditable: isAllowed && reason === '', reason: isAllowed ? reason : '' }
}
