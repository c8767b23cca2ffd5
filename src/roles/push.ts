/** Bounds of what others push, in every role that receives. */
import type { LabelLimits } from '../collect/receive/labelcheck.ts'

export interface PushLimits {
  readonly labels: LabelLimits
  /** Largest request as it is sent, in bytes. */
  readonly requestBytesMax: number
  /** Largest request decoded, in bytes. */
  readonly decodedBytesMax: number
}
