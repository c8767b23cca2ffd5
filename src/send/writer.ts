/** The port of a destination: how parcels become requests there. */
import type { SeriesId } from '../model/appender.ts'
import type { Labels } from '../model/labels.ts'
import type { Parcel } from './parcel.ts'

/** Series as one destination sees them: external labels added, write relabelling done. */
export interface SeriesView {
  /**
   * Labels of a series, composed anew on each call: a writer keeps what it makes of them by id.
   * Only ids of parcels that the writer was handed are asked for; none of them is dropped here.
   */
  labels(id: SeriesId): Labels
  /** `job` and `instance` of a series before relabelling, as one text: the key of its target. */
  targetKey(id: SeriesId): string
}

/** What became of a write. */
export type WriteResult =
  | {
      readonly outcome: 'written'
      /** Samples that the other end refused although it took the request, by reason. */
      readonly refused: ReadonlyMap<string, number>
      /** Exemplars that it refused, or that the protocol has no place for, by reason. */
      readonly exemplarsRefused?: ReadonlyMap<string, number>
    }
  | {
      /** Try the same again. */
      readonly outcome: 'retry'
      /** One word for the counter: `status_503`, `timeout`, `connection`. */
      readonly reason: string
      readonly message: string
      /** How long the other end wants to be left alone, in ms; 0 when it did not say. */
      readonly afterMs: number
    }
  | {
      /** Will never be taken: these samples are lost here, counted by `reason`. */
      readonly outcome: 'refused'
      readonly reason: string
      readonly message: string
    }

/**
 * Refusals that speak of how a destination is set up or how much it is asked, not of what was sent:
 * whoever waits for an acknowledgement keeps it, as the very same may be taken once that is mended.
 */
const SETUP_REASONS: ReadonlySet<string> = new Set([
  ...['status_401', 'status_403', 'status_404', 'status_405', 'status_407', 'status_415'],
  ...['status_429', 'unconfirmed'],
])

/** Whether a refusal says nothing of what was sent. */
export function isOfSetup(reason: string): boolean {
  return SETUP_REASONS.has(reason)
}

/** What every write of a kind that has nothing to tell answers. */
export const WRITTEN: WriteResult = Object.freeze({ outcome: 'written', refused: new Map() })

/**
 * One end. Queue, order, filter, back-off and counters are not its concern (delivery.ts): it makes
 * requests and says what became of them. It throws only for mistakes of ours.
 */
export interface Writer {
  /** Whether the other end has exemplars; it is handed none otherwise. */
  readonly takesExemplars: boolean

  /**
   * Writes all parcels, or none as far as it can know.
   *
   * Several writes may run at once; never two with parcels of the same lane. A write that is tried
   * again gets the same parcels, possibly with others.
   * When the write has ended, the `values` of its parcels may be used for others: whoever wants to
   * keep them copies them.
   *
   * @param signal aborted when the destination stops; the write then ends soon, as a retry
   */
  write(parcels: readonly Parcel[], signal: AbortSignal): Promise<WriteResult>

  /** Forgets what it kept of series: their ids are given to others from now on. */
  forget(ids: readonly SeriesId[]): void

  close(): Promise<void>
}

/** Opens the writer of a destination. */
export type OpenWriter = (view: SeriesView) => Writer
