/** How long a page kept its main thread. */
import type { Browser, Page } from 'playwright-core'

/**
 * A piece of work like those of a page: rows made, styled and laid out. It took 10 ms of CPU where
 * the bounds of the design were set, so that a slower machine does not make a page worse.
 */
const YARDSTICK = `(() => {
  const table = document.createElement('table')
  for (let i = 0; i < 100; i++) {
    const row = table.insertRow()
    for (let j = 0; j < 8; j++) row.insertCell().textContent = 'cell ' + i + ' ' + j
  }
  document.body.append(table)
  const height = table.offsetHeight
  table.remove()
  return height
})()`
const YARDSTICK_MS = 10

/** Other work on the machine only ever makes a task longer: the best of so many counts. */
const ATTEMPTS = 3

/** Ends in a task that begins after all that were under way have ended: only then are these in the trace. */
const NEXT_TASK = 'new Promise((done) => requestAnimationFrame(() => setTimeout(done)))'

interface TraceEvent {
  readonly name: string
  readonly pid: number
  readonly tid: number
  /** CPU of the thread, in µs; unlike the time on the wall it does not count other processes. */
  readonly tdur?: number
  readonly args: { readonly name?: string }
}

/**
 * The longest task of the main thread while `does` runs, in ms of CPU of the machine of the design.
 *
 * `does` runs several times and must begin where it ends.
 */
export async function longestTaskMs(
  browser: Browser,
  page: Page,
  does: () => Promise<void>,
): Promise<number> {
  const yardsticks: number[] = []
  const tasks: number[] = []
  for (let i = 0; i < ATTEMPTS; i++) {
    yardsticks.push(await cpuMsOfLongest(browser, page, () => page.evaluate(YARDSTICK)))
    tasks.push(await cpuMsOfLongest(browser, page, does))
  }
  // The middle one: one trace in which it was interrupted, or stood out, does not decide.
  const yardstick = yardsticks.toSorted((a, b) => a - b)[ATTEMPTS >> 1]
  return (Math.min(...tasks) / yardstick) * YARDSTICK_MS
}

async function cpuMsOfLongest(
  browser: Browser,
  page: Page,
  does: () => Promise<unknown>,
): Promise<number> {
  await browser.startTracing(page, { categories: ['toplevel'] })
  await does()
  await page.evaluate(NEXT_TASK)
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
