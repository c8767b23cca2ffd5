/** Partitions as the page shows them: in which state each is, and which are shown. */
import { hasWords, wordsOf } from '../format/words.ts'

/** The API's words; offsets count messages. */
export interface Partition {
  readonly topic: string
  readonly partition: number
  readonly committedOffset: number
  readonly endOffset: number
  readonly lag: number
  readonly queuedBytes: number
  /** Whether a batch waits for the destinations. */
  readonly isWaiting: boolean
  readonly stillSeconds: number
}

/** What a person has to know first of a partition. */
export type State = 'caught up' | 'reading' | 'writing' | 'stands still'

/** A partition that did not move for so long, although there is something to read, needs a look. */
const STILL_SECONDS_MAX = 60

export function stateOf({ lag, isWaiting, stillSeconds }: Partition): State {
  if (lag > 0 && stillSeconds > STILL_SECONDS_MAX) return 'stands still'
  if (isWaiting) return 'writing'
  return lag > 0 ? 'reading' : 'caught up'
}

/** `topic/partition`, which nothing else has. */
export function nameOf({ topic, partition }: Partition): string {
  return `${topic}/${partition}`
}

/** Those whose name or state has all words, the greatest lag first. */
export function shownPartitions(partitions: readonly Partition[], text: string): Partition[] {
  const words = wordsOf(text)
  return partitions
    .filter((each) => hasWords(`${nameOf(each)} ${stateOf(each)}`, words))
    .sort((a, b) => b.lag - a.lag || compareNames(a, b))
}

function compareNames(a: Partition, b: Partition): number {
  if (a.topic !== b.topic) return a.topic < b.topic ? -1 : 1
  return a.partition - b.partition
}
