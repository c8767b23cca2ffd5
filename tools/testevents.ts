/** Reporter of node:test that writes one JSON line per event the runner counts. */
import type { TestEvent } from 'node:test/reporters'

/** What the runner reads back of one test file. */
export type TestLine =
  | { readonly kind: 'failed'; readonly name: string }
  | { readonly kind: 'skipped'; readonly name: string; readonly reason: string }
  | {
      readonly kind: 'counts'
      readonly passed: number
      readonly failed: number
      readonly skipped: number
    }

export default async function* reportEvents(
  events: AsyncIterable<TestEvent>,
): AsyncGenerator<string> {
  for await (const event of events) {
    const line = lineOf(event)
    if (line !== undefined) yield `${JSON.stringify(line)}\n`
  }
}

function lineOf(event: TestEvent): TestLine | undefined {
  if (event.type === 'test:summary') {
    const { tests, passed, skipped } = event.data.counts
    return { kind: 'counts', passed, failed: tests - passed - skipped, skipped }
  }
  if (event.type === 'test:fail') return { kind: 'failed', name: event.data.name }
  if (event.type !== 'test:pass' || event.data.skip === undefined) return undefined
  return { kind: 'skipped', name: event.data.name, reason: String(event.data.skip) }
}
