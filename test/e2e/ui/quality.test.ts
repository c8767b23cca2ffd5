/** What every page owes: access for all, few bytes, short tasks, nothing sent elsewhere. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { missingComponents } from '../../support/processes.ts'
import { checkAccess } from './access.ts'
import { closePage, keepScreenshot, openPage, startBrowser, untilDrawn } from './browser.ts'
import { graphLink, type Site, startSite } from './site.ts'
import { longestTaskMs } from './tasks.ts'

/** Budgets of the design, in bytes on the wire and in ms of the main thread. */
const SHELL_BYTES_MAX = 60 * 1024
const EXPLORE_BYTES_MAX = 250 * 1024
const TASK_MS_MAX = 50

const skip = missingComponents('chromium', 'prometheus-node-exporter')
let site: Site
let browser: Browser

before(async () => {
  if (skip !== undefined) return
  browser = await startBrowser()
  site = await startSite()
})
after(async () => {
  await Promise.all([browser?.close(), site?.stop()])
})

const PAGES: readonly (readonly [string, () => string, (page: Page) => Promise<void>])[] = [
  ['first look', () => '/', (page) => page.locator('.ready-graph canvas').first().waitFor()],
  ['graph', () => graphLink('node_cpu_seconds_total'), untilDrawn],
  [
    'table',
    () => '/query?g0.expr=node_cpu_seconds_total&g0.tab=table',
    (page) => page.locator('.result-table td').first().waitFor(),
  ],
  ['targets', () => '/targets', (page) => page.locator('.pool').first().waitFor()],
  ['status', () => '/status', (page) => page.locator('.tile').first().waitFor()],
  ['configuration', () => '/config', (page) => page.locator('.config').waitFor()],
]

for (const [name, address, isThere] of PAGES) {
  test(`axe finds nothing in either scheme, nothing sticks out: ${name}`, { skip }, async () => {
    await checkAccess(browser, site.url + address(), name, isThere)
  })
}

test('the first bytes are few: the shell, then Explore with a graph', { skip }, async () => {
  const shell = await openPage(browser, `${site.url}/status`)
  await shell.page.locator('.tile').first().waitFor()
  assert.ok(shell.wireBytes() <= SHELL_BYTES_MAX, `the shell takes ${shell.wireBytes()} bytes`)
  await closePage(shell.page)

  const explore = await openPage(browser, site.url + graphLink('node_cpu_seconds_total'))
  await untilDrawn(explore.page)
  await explore.page.locator('.cm-content').waitFor()
  await explore.page.waitForLoadState('networkidle')
  const bytes = explore.wireBytes()
  assert.ok(bytes <= EXPLORE_BYTES_MAX, `Explore with a graph takes ${bytes} bytes`)
  await closePage(explore.page)
})

test('no task keeps the page from answering for longer than the bound', { skip }, async () => {
  const { page } = await openPage(browser, `${site.url}/targets`)
  const longestMs = await longestTaskMs(browser, page, async () => {
    await page.goto(site.url + graphLink('node_cpu_seconds_total', '1h'))
    await untilDrawn(page)
    await page.locator('.cm-content').waitFor()
  })
  assert.ok(longestMs > 0 && longestMs <= TASK_MS_MAX, `the longest task takes ${longestMs} ms`)
  await closePage(page)
})

test('a thousand series are drawn, the others are counted', { skip }, async () => {
  const { page, faults } = await openPage(browser, `${site.url}/query`)
  await page.route('**/api/v1/query_range', async (route) => {
    const params = new URLSearchParams(route.request().postData() ?? '')
    const end = Number(params.get('end'))
    const result = Array.from({ length: 1500 }, (_, i) => ({
      metric: { __name__: 'many', i: String(i) },
      values: [
        [end - 60, String(i)],
        [end, String(i + 1)],
      ],
    }))
    await route.fulfill({ json: { status: 'success', data: { resultType: 'matrix', result } } })
  })
  await page.locator('.cm-content').click()
  await page.keyboard.insertText('many')
  await page.keyboard.press('Enter')
  await page.getByText(/first 1\D000 of 1\D500 series/).waitFor()
  await untilDrawn(page)
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('warnings and infos of the server are shown', { skip }, async () => {
  const { page } = await openPage(browser, `${site.url}/targets`)
  await page.route('**/api/v1/query_range', async (route) => {
    const response = await route.fetch()
    const notes = {
      warnings: ['a warning <b>as text</b>'],
      infos: ['metric might not be a counter'],
    }
    await route.fulfill({ response, json: { ...(await response.json()), ...notes } })
  })
  await page.goto(site.url + graphLink('node_load1'))
  await page.getByText('a warning <b>as text</b>').waitFor()
  await page.getByText('metric might not be a counter').waitFor()
  await keepScreenshot(page, 'warnings')
  await page.goto(`${site.url}/`)
  await page.locator('.ready-graph').first().getByText('a warning <b>as text</b>').waitFor()
  await closePage(page)
})
