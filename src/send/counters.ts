/** What became of the samples of one destination: received = written + dropped + queued, always. */

/** Counts of one destination since the start. */
export class SendCounters {
  /** Samples handed over, histograms among them. */
  received = 0
  written = 0
  /** Samples that were sent again. */
  retried = 0
  /** Writes that ended well, and that did not. */
  writes = 0
  failures = 0
  exemplars = 0
  /** ms since epoch of the newest sample that was handed over, and that was written. */
  highestReceivedMs = 0
  highestWrittenMs = 0
  readonly dropped: Map<string, number> = new Map()

  drop(reason: string, samples: number): void {
    if (samples > 0) this.dropped.set(reason, (this.dropped.get(reason) ?? 0) + samples)
  }

  get droppedTotal(): number {
    let total = 0
    for (const samples of this.dropped.values()) total += samples
    return total
  }
}
