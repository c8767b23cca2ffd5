/** Passing on what is kept, for as long as there is anywhere to pass it to. */
import type { Appender } from '../model/appender.ts'
import { teeAppender } from '../send/tee.ts'

/**
 * An appender that keeps, and passes on while `isOn` says so. When it is switched on, series that
 * were handed out before are answered UNKNOWN once, so that their holders ask for them again.
 */
export function forwardingAppender(keep: Appender, pass: Appender, isOn: () => boolean): Appender {
  const both = teeAppender(keep, pass)
  const current = (): Appender => (isOn() ? both : keep)
  return {
    series: (labels) => current().series(labels),
    append: (timeMs, ids, values, count, outcomes) =>
      current().append(timeMs, ids, values, count, outcomes),
    commit: () => current().commit(),
    get side() {
      return current().side
    },
  }
}
