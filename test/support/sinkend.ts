/** What a write sink got of a counting target, as the comparison wants it. */
import type { CountingTarget } from './countingtarget.ts'
import type { End } from './deliveries.ts'
import type { Arrivals, WriteSink } from './writesink.ts'

/** What a sink got of a target; `wants` says which of its series the sink is to have, all by default. */
export function endOf(
  sink: WriteSink,
  target: CountingTarget,
  wants: (name: string) => boolean = () => true,
): End {
  const byName = new Map<string, Arrivals>()
  for (const [labels, arrivals] of sink.series) {
    if (!labels.includes(`instance="${target.address}"`)) continue
    const name = /__name__="([^"]+)"/.exec(labels)?.[1] ?? ''
    const index = /index="([^"]+)"/.exec(labels)?.[1]
    byName.set(index === undefined ? name : `${name}{index="${index}"}`, arrivals)
  }
  return { arrivals: (name) => byName.get(name), wants }
}
