/** How long a page kept its main thread. */
import type { Browser, Page } from 'playwright-core'

interface TraceEvent {
  readonly name: string
  readonly pid: number
  readonly tid: number
  /** CPU of the thread, in µs; unlike the time on the wall it does not count other processes. */
  readonly tdur?: number
  readonly args: { readonly name?: string }
}

/** The longest task of the main thread while `does` runs, in ms of CPU. */
export async function longestTaskMs(
  browser: Browser,
  page: Page,
  does: () => Promise<void>,
): Promise<number> {
  await browser.startTracing(page, { categories: ['toplevel'] })
  await does()
  const trace = JSON.parse((await browser.stopTracing()).toString()) as {
    traceEvents: TraceEvent[]
  }
  const events = trace.traceEvents
  const threads = events.filter((e) => e.name === 'thread_name' && e.args.name === 'CrRendererMain')
  const isMain = (event: TraceEvent): boolean =>
    threads.some((t) => t.pid === event.pid && t.tid === event.tid)
  const tasks = events.filter((event) => event.name.endsWith('RunTask') && isMain(event))
  return Math.max(0, ...tasks.map((task) => (task.tdur ?? 0) / 1000))
}
