/** Debian's Chromium, driven for tests, with everything noted that a page must not do. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { findComponent } from '../../../tools/components.ts'
import { ROOT } from '../../support/processes.ts'
import { decodePng, type Picture } from './png.ts'

const SCREENSHOTS = join(ROOT, '.cache/screenshots')
/** Longest one step in a page may take, in ms; the machine may be busy. */
const STEP_MS_MAX = 20_000

/** A page with what it did wrong. */
export interface Watched {
  readonly page: Page
  /** Script errors, console errors, violated policies and requests that leave the server. */
  readonly faults: string[]
  /** Bytes on the wire so far. */
  wireBytes(): number
}

/** Starts the browser; the caller closes it. */
export async function startBrowser(): Promise<Browser> {
  const found = findComponent('chromium')
  const executablePath = process.env.CHROMIUM ?? found?.path
  if (executablePath === undefined) throw new Error('chromium is not on this machine')
  return await chromium.launch({
    executablePath,
    env: { ...process.env, ...found?.env },
    args: [
      '--no-sandbox',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  })
}

/** Opens a page with a profile of its own. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Watched> {
  const context = await browser.newContext({ viewport: { width: 1360, height: 860 }, ...options })
  context.setDefaultTimeout(STEP_MS_MAX)
  const page = await context.newPage()
  const faults: string[] = []
  const { origin } = new URL(url)
  page.on('pageerror', (error) => faults.push(`script error: ${error.message}`))
  page.on('console', (message) => {
    // Refusals and what is not there yet are answers, which the browser notes by itself.
    if (message.type() !== 'error' || /status of (400|401|403|404|409|422)/.test(message.text()))
      return
    faults.push(`console: ${message.text()}`)
  })
  page.on('request', (request) => {
    const asked = request.url()
    if (!asked.startsWith(`${origin}/`)) faults.push(`request to ${asked}`)
  })
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  const wire = await context.newCDPSession(page)
  await wire.send('Network.enable')
  let bytes = 0
  wire.on('Network.loadingFinished', ({ encodedDataLength }) => {
    bytes += encodedDataLength
  })
  await page.goto(url)
  return { page, faults, wireBytes: () => bytes }
}

/** Closes a page and its profile; an answer still being made up for it is of no account any more. */
export async function closePage(page: Page): Promise<void> {
  await page.unrouteAll({ behavior: 'ignoreErrors' })
  await page.context().close()
}

/** Keeps a screenshot where a reviewer finds it. */
export async function keepScreenshot(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true })
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) })
}

/** The plot of the first graph as pixels. */
export async function plotPixels(page: Page): Promise<Picture> {
  // The pointer would draw its own line.
  await page.mouse.move(0, 0)
  return decodePng(await page.locator('.graph .u-over').first().screenshot())
}

/** Waits until a graph is drawn with a legend. */
export async function untilDrawn(page: Page): Promise<void> {
  await page.locator('.graph .u-over').first().waitFor()
  await page.locator('.legend-key').first().waitFor()
  await page.locator('.panel-body[aria-busy="false"]').first().waitFor()
}
