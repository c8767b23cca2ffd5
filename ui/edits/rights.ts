/** Whether who looks may change content here. */
import { usePolled } from '../api/polled.ts'
import { type EditRights, loadRights } from './load.ts'

export interface Rights {
  /** Whether the server has said so. */
  readonly isKnown: boolean
  readonly isEditable: boolean
  /** '' or why somebody with the role cannot change anything. */
  readonly reason: string
}

/** Nobody may until the server has said so. */
export function useRights(): Rights {
  const { data } = usePolled<EditRights>(loadRights, 0)
  if (data === undefined) return { isKnown: false, isEditable: false, reason: '' }
  const { isAllowed, reason } = data
  const isEditable = isAllowed && reason === ''
  return { isKnown: true, isEditable, reason: isAllowed ? reason : '' }
}
