/** Whether everybody can use a page: axe-core in both schemes, and nothing that sticks out. */
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import type { Browser, Page } from 'playwright-core'
import { closePage, keepScreenshot, openPage } from './browser.ts'

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

const WINDOWS = [
  { width: 1920, height: 1080 },
  { width: 768, height: 1024 },
  { width: 360, height: 740 },
]

/** Opens a page, waits until `isThere`, and fails on anything that shuts somebody out. */
export async function checkAccess(
  browser: Browser,
  url: string,
  name: string,
  isThere: (page: Page) => Promise<void>,
): Promise<void> {
  const { page, faults } = await openPage(browser, url, {
    // The checker itself is a script that no policy lets in.
    bypassCSP: true,
    reducedMotion: 'reduce',
  })
  await isThere(page)
  await page.addScriptTag({ path: AXE })
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    assert.deepEqual(await violations(page), [], colorScheme)
    await keepScreenshot(page, `${name.replaceAll(' ', '-')}-${colorScheme}`)
  }
  for (const size of WINDOWS) {
    await page.setViewportSize(size)
    const wide = await page.evaluate<number>('document.documentElement.scrollWidth')
    assert.ok(wide <= size.width, `${wide} pixels in a window of ${size.width}`)
    await keepScreenshot(page, `${name.replaceAll(' ', '-')}-${size.width}`)
  }
  assert.deepEqual(await violations(page), [], 'on a phone')
  assert.deepEqual(faults, [])
  await closePage(page)
}

/** What axe-core finds, as sentences. */
async function violations(page: Page): Promise<string[]> {
  const found = await page.evaluate<
    { id: string; nodes: { html: string; failureSummary: string }[] }[]
  >('axe.run().then((report) => report.violations)')
  return found.map(({ id, nodes }) => `${id}: ${nodes[0].failureSummary} ${nodes[0].html}`)
}
