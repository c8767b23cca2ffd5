/** Type, help and unit of metric families, told to a gateway once and when they change. */
import type { Clock } from '../../base/clock.ts'
import type { MetadataView } from '../../model/target.ts'
import type { WriteMetadata } from '../../wire/remotewrite.ts'
import type { GatewaySession } from './session.ts'

/** How often families are looked at anew. */
const INTERVAL_MS = 60_000
/** Families that are told in one go; the others follow with the next look. */
const FAMILIES_MAX = 2000

export class MetadataTeller {
  readonly #view: MetadataView
  readonly #clock: Clock
  #session: GatewaySession | undefined
  #told = new Map<string, string>()
  #lookedMs = -Infinity

  constructor(view: MetadataView, clock: Clock) {
    this.#view = view
    this.#clock = clock
  }

  /** Tells what the gateway does not know yet, when the last look was a while ago. */
  tell(session: GatewaySession, signal: AbortSignal): void {
    const nowMs = this.#clock.monotonicMs()
    if (session === this.#session && nowMs - this.#lookedMs < INTERVAL_MS) return
    if (session !== this.#session) this.#told = new Map()
    this.#session = session
    this.#lookedMs = nowMs
    const families = this.#news()
    if (families.length === 0) return
    void session.writeMetadata(families, signal).then((isTaken) => {
      if (isTaken || session !== this.#session) return
      for (const { family } of families) this.#told.delete(family)
    })
  }

  #news(): WriteMetadata[] {
    const news: WriteMetadata[] = []
    for (const [family, [metadata]] of this.#view.families('', 0, 1)) {
      const said = `${metadata.type}\0${metadata.help}\0${metadata.unit}`
      if (this.#told.get(family) === said) continue
      if (news.length === FAMILIES_MAX) break
      this.#told.set(family, said)
      news.push({ family, ...metadata })
    }
    return news
  }
}
