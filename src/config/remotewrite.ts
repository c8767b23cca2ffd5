/** A Prometheus remote write receiver, as `remote_write` describes it. */
import type { DestinationBase } from './destination.ts'
import type { HttpClientConfig } from './http.ts'

/** The two messages that senders write: 1.0 and 2.0 of the protocol. */
export const REMOTE_WRITE_MESSAGES = [
  'prometheus.WriteRequest',
  'io.prometheus.write.v2.Request',
] as const

export type RemoteWriteMessage = (typeof REMOTE_WRITE_MESSAGES)[number]

/** How type, help and unit of metric families are sent. */
export interface MetadataSending {
  /** Whether 1.0 sends them at all; 2.0 has them beside the samples. */
  readonly send: boolean
  readonly intervalMs: number
  readonly familiesPerSendMax: number
}

/** An entry of `remote_write`; its name is a digest of its settings where it says none. */
export interface RemoteWriteDestination extends DestinationBase {
  readonly kind: 'remote_write'
  /** As it was written; may hold credentials. */
  readonly url: string
  readonly timeoutMs: number
  /** Headers of every request, besides those of `http`. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly message: RemoteWriteMessage
  /** Whether each connection takes another address of the host. */
  readonly roundRobinDns: boolean
  readonly metadata: MetadataSending
  readonly http: HttpClientConfig
}
