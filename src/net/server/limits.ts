/** Bounds of the HTTP server with their defaults. */

export interface ServerLimits {
  /** Open connections over all addresses; one more is closed at once (--web.max-connections). */
  readonly connectionsMax: number
  /** Bytes of a request line with its headers (431). */
  readonly headerBytesMax: number
  /** Characters of a request's target (414); what is longer fits in a form. */
  readonly urlLengthMax: number
  /** Bytes of a body as sent (413) (--limit.request-bytes). */
  readonly requestBytesMax: number
  /** Bytes of a form (413). */
  readonly formBytesMax: number
  /** Bytes of all bodies held at one time (503) (--limit.inflight-bytes). */
  readonly inflightBytesMax: number
  /** Bytes of all larger replies that are on their way (503). */
  readonly replyBytesMax: number
  /** Changing requests a second of one caller (429); 0 for no bound (--limit.changes). */
  readonly changesPerSecondMax: number
  /** ms until the headers of a request are complete (408). */
  readonly headerMsMax: number
  /** ms until a request is complete, body included (408). */
  readonly requestMsMax: number
  /** ms a kept-alive connection may idle. */
  readonly idleMsMax: number
  /** ms in which a client must take some of its reply, else the connection is closed. */
  readonly writeStallMsMax: number
  /** ms that requests under way get when the server stops. */
  readonly stopMsMax: number
  /** ms a refused body is still read and thrown away, so that its sender sees the reply. */
  readonly lingerMsMax: number
}

export const DEFAULT_LIMITS: ServerLimits = Object.freeze({
  connectionsMax: 512,
  headerBytesMax: 16 * 1024,
  urlLengthMax: 12 * 1024,
  requestBytesMax: 16 * 1024 * 1024,
  formBytesMax: 1024 * 1024,
  inflightBytesMax: 64 * 1024 * 1024,
  replyBytesMax: 256 * 1024 * 1024,
  changesPerSecondMax: 0,
  headerMsMax: 30_000,
  requestMsMax: 300_000,
  idleMsMax: 75_000,
  writeStallMsMax: 30_000,
  stopMsMax: 2000,
  lingerMsMax: 1000,
})
