/** What became of what one destination was handed: received = written + dropped + queued, always. */

/** Counts of samples, or of exemplars, since the start. */
export class ItemCounters {
  /** Handed over. */
  received = 0
  written = 0
  /** Sent again. */
  retried = 0
  /** By reason. */
  readonly dropped: Map<string, number> = new Map()

  drop(reason: string, count: number): void {
    if (count > 0) this.dropped.set(reason, (this.dropped.get(reason) ?? 0) + count)
  }

  /** Written, save those that the other end refused although it took the request. */
  write(count: number, refused: ReadonlyMap<string, number> | undefined): void {
    let left = count
    for (const [reason, refusals] of refused ?? []) {
      const counted = Math.min(refusals, left)
      left -= counted
      this.drop(`refused_${reason}`, counted)
    }
    this.written += left
  }

  get droppedTotal(): number {
    let total = 0
    for (const count of this.dropped.values()) total += count
    return total
  }

  /** Those of the dropped that the other end refused for good. */
  get refusedTotal(): number {
    let total = 0
    for (const [reason, count] of this.dropped) if (reason.startsWith('refused_')) total += count
    return total
  }
}

/** Counts of one destination: its samples, histograms among them, and what goes beside them. */
export class SendCounters extends ItemCounters {
  readonly exemplars: ItemCounters = new ItemCounters()
  /** Writes that ended well, and that did not. */
  writes = 0
  failures = 0
  /** ms since epoch of the newest sample that was handed over, and that was written. */
  highestReceivedMs = 0
  highestWrittenMs = 0
}
