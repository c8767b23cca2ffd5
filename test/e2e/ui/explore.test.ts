/** Explore in a real browser, on a real server that scrapes a real node_exporter. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { missingComponents, until } from '../../support/processes.ts'
import {
  closePage,
  keepScreenshot,
  openPage,
  plotPixels,
  startBrowser,
  untilDrawn,
  type Watched,
} from './browser.ts'
import { countPixels } from './png.ts'
import { graphLink, type Site, startSite } from './site.ts'

const EMBER = { light: '#c2490d', dark: '#ff8f55' } as const
const FENNEL = { light: '#23804a', dark: '#6fce86' } as const
const LOADS = '{__name__=~"node_load1|node_load5",service_name!=""}'

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

/** A test in a fresh profile that fails on anything a page must not do. */
function browserTest(
  name: string,
  address: () => string,
  body: (watched: Watched) => Promise<void>,
): void {
  test(name, { skip }, async () => {
    const watched = await openPage(browser, site.url + address())
    try {
      await body(watched)
      assert.deepEqual(watched.faults, [])
    } catch (error) {
      await keepScreenshot(watched.page, `failed ${name.slice(0, 40)}`)
      throw error
    } finally {
      await closePage(watched.page)
    }
  })
}

async function typeExpression(page: Page, text: string): Promise<void> {
  await page.locator('.cm-content').first().click()
  await page.keyboard.press('Control+a')
  await page.keyboard.insertText(text)
}

/** Waits for a query string that `matches`. */
async function untilAddress(
  page: Page,
  key: string,
  matches: (value: string | null) => boolean,
): Promise<void> {
  await until(`${key} in the address`, () => matches(new URL(page.url()).searchParams.get(key)))
}

browserTest(
  'without an expression one sees what is collected, and opens it with a click',
  () => '/',
  async ({ page }) => {
    assert.match(await page.title(), /narthex/)
    await page.getByText(/\d+ of \d+ targets up/).waitFor()
    const cpu = page.locator('.ready-graph', { hasText: 'CPU in use' })
    await cpu.locator('canvas').waitFor()
    await keepScreenshot(page, 'first-look')
    await cpu.getByRole('button').click()
    await untilDrawn(page)
    await untilAddress(page, 'g0.expr', (expr) => expr?.includes('node_cpu_seconds_total') === true)
  },
)

for (const colorScheme of ['light', 'dark'] as const) {
  test(`a link draws lines in the colours of the legend (${colorScheme})`, { skip }, async () => {
    const link = graphLink(LOADS, '10s')
    const { page, faults } = await openPage(browser, site.url + link, { colorScheme })
    await untilDrawn(page)
    assert.equal(await page.locator('.legend-key').count(), 2)
    const plot = await plotPixels(page)
    for (const color of [EMBER[colorScheme], FENNEL[colorScheme]]) {
      const count = countPixels(plot, color)
      assert.ok(count > plot.width / 5, `${count} pixels of ${color} in ${plot.width} columns`)
    }
    await keepScreenshot(page, `graph-${colorScheme}`)
    assert.deepEqual(faults, [])
    await closePage(page)
  })
}

browserTest(
  'typing completes names of the running server, and Enter runs',
  () => '/query',
  async ({ page }) => {
    await page.locator('.cm-content').click()
    await page.keyboard.type('node_cpu_sec', { delay: 30 })
    const option = page.locator('.cm-tooltip-autocomplete li', {
      hasText: 'node_cpu_seconds_total',
    })
    await option.waitFor()
    await option.click()
    await page.keyboard.type('{mo', { delay: 30 })
    await page.locator('.cm-tooltip-autocomplete li', { hasText: 'mode' }).first().waitFor()
    await keepScreenshot(page, 'completion')
    await page.keyboard.press('Escape')
    await typeExpression(page, 'count by (mode) (node_cpu_seconds_total)')
    await page.keyboard.press('Enter')
    await untilDrawn(page)
    await untilAddress(
      page,
      'g0.expr',
      (expr) => expr === 'count by (mode) (node_cpu_seconds_total)',
    )
    assert.ok((await page.locator('.legend-key').count()) > 3)
  },
)

browserTest(
  'Shift+Enter makes a new line and does not run',
  () => '/query',
  async ({ page }) => {
    await typeExpression(page, 'sum(')
    await page.keyboard.press('Shift+Enter')
    assert.equal(await page.locator('.cm-line').count(), 2)
    assert.equal(new URL(page.url()).search, '')
  },
)

browserTest(
  'a refused expression is marked in the editor and explained by the server',
  () => '/query',
  async ({ page }) => {
    await typeExpression(page, 'sum(node_load1')
    await page.locator('.cm-lintRange-error').waitFor()
    await page.keyboard.press('Enter')
    const alert = page.locator('.panel [role="alert"]')
    await alert.waitFor()
    assert.match((await alert.textContent()) ?? '', /parse error/)
    await keepScreenshot(page, 'refused')
  },
)

browserTest(
  'the table shows values, and sorts them',
  () => `${graphLink('node_cpu_seconds_total')}&g0.tab=table`.replace('&g0.tab=graph', ''),
  async ({ page }) => {
    await page.locator('.result-table tbody tr').first().waitFor()
    await page.getByRole('button', { name: 'Value' }).click()
    const values = await page.locator('.result-table td.number').allInnerTexts()
    const numbers = values.map(Number)
    assert.ok(numbers.length > 3)
    assert.deepEqual(
      numbers,
      numbers.toSorted((a, b) => b - a),
    )
    await keepScreenshot(page, 'table')
  },
)

browserTest(
  'dragging zooms, a double click goes back, and so does Back',
  () => graphLink(LOADS, '10s'),
  async ({ page }) => {
    await untilDrawn(page)
    const box = await page.locator('.u-over').boundingBox()
    assert.ok(box !== null)
    const drag = async (): Promise<void> => {
      await page.mouse.move(box.x + box.width * 0.6, box.y + 60)
      await page.mouse.down()
      await page.mouse.move(box.x + box.width * 0.95, box.y + 80, { steps: 6 })
      await page.mouse.up()
      await untilAddress(page, 'g0.end_input', (end) => end !== null)
    }
    await drag()
    await untilAddress(page, 'g0.range_input', (range) => /^[2-6]s$/.test(range ?? ''))
    await untilDrawn(page)
    await page.mouse.dblclick(box.x + box.width / 2, box.y + 60)
    await untilAddress(page, 'g0.end_input', (end) => end === null)
    await untilAddress(page, 'g0.range_input', (range) => range === '10s')
    await untilDrawn(page)
    await drag()
    await page.goBack()
    await untilAddress(page, 'g0.end_input', (end) => end === null)
    await page.getByText('Last 10s').waitFor()
  },
)

browserTest(
  'the legend isolates with a click and toggles with Ctrl',
  () => graphLink(LOADS),
  async ({ page }) => {
    await untilDrawn(page)
    const keys = page.locator('.legend-key')
    await keys.nth(0).click()
    assert.equal(countPixels(await plotPixels(page), FENNEL.light), 0, 'the other line is gone')
    assert.equal(await keys.nth(1).getAttribute('aria-pressed'), 'false')
    await keys.nth(0).click()
    await keys.nth(0).click({ modifiers: ['Control'] })
    assert.equal(await keys.nth(0).getAttribute('aria-pressed'), 'false')
    const plot = await plotPixels(page)
    assert.equal(countPixels(plot, EMBER.light), 0)
    assert.ok(countPixels(plot, FENNEL.light) > 0)
  },
)

browserTest(
  'the pointer shows the time and the nearest value',
  () => graphLink('node_load1{service_name!=""}'),
  async ({ page }) => {
    await untilDrawn(page)
    const box = await page.locator('.u-over').boundingBox()
    assert.ok(box !== null)
    await page.mouse.move(box.x + box.width * 0.98, box.y + 20, { steps: 3 })
    await page.locator('.tip').waitFor()
    assert.match(
      (await page.locator('.tip-time').textContent()) ?? '',
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/,
    )
    await page.getByText('At cursor').waitFor()
  },
)

browserTest(
  'stacked, from zero, the tree and a chosen step are part of the address',
  () => graphLink('sum by (mode) (node_cpu_seconds_total)'),
  async ({ page }) => {
    await untilDrawn(page)
    await page.getByRole('button', { name: 'Stacked' }).click()
    await page.getByRole('button', { name: 'Value axis from zero' }).click()
    await page.getByRole('button', { name: 'Tree' }).click()
    await page.getByRole('combobox', { name: 'Resolution' }).selectOption('5s')
    await untilAddress(page, 'g0.res_step', (step) => step === '5')
    await untilAddress(page, 'g0.display_mode', (mode) => mode === 'stacked')
    await untilAddress(page, 'g0.y_axis_min', (min) => min === '0')
    await untilAddress(page, 'g0.show_tree', (shown) => shown === '1')
    await page
      .locator('.tree-count', { hasText: /\d+ series/ })
      .first()
      .waitFor()
    await untilDrawn(page)
    await keepScreenshot(page, 'stacked')
  },
)

browserTest(
  'the time picker sets quick ranges, own ranges and two ends',
  () => graphLink('node_load1{service_name!=""}'),
  async ({ page }) => {
    await untilDrawn(page)
    const open = (): Promise<void> => page.getByRole('button', { name: /^Time range/ }).click()
    await open()
    await keepScreenshot(page, 'time-picker')
    await page.getByRole('button', { name: '15 m', exact: true }).click()
    await untilAddress(page, 'g0.range_input', (range) => range === '15m')
    await open()
    await page.getByLabel('Range, like 1h30m').fill('90m')
    await page.getByRole('button', { name: 'Set' }).click()
    await untilAddress(page, 'g0.range_input', (range) => range === '1h30m')
    await open()
    await page.getByLabel('From', { exact: true }).fill('2026-01-01T10:00:00')
    await page.getByLabel('To', { exact: true }).fill('2026-01-01T12:00:00')
    await page.getByRole('button', { name: 'Show' }).click()
    await untilAddress(page, 'g0.range_input', (range) => range === '2h')
    await page.getByText('No series').waitFor()
    await keepScreenshot(page, 'no-series')
  },
)

browserTest(
  'panels are added and removed, each with its own expression',
  () => graphLink('node_load1{service_name!=""}'),
  async ({ page }) => {
    await untilDrawn(page)
    await page.getByRole('button', { name: 'Add a panel' }).click()
    await page.locator('.panel').nth(1).locator('.cm-content').click()
    await page.keyboard.insertText('node_load5')
    await page.keyboard.press('Enter')
    await untilAddress(page, 'g1.expr', (expr) => expr === 'node_load5')
    await page.locator('.panel').nth(1).locator('.legend-key').first().waitFor()
    await page.getByRole('button', { name: 'Remove panel 1' }).click()
    await untilAddress(page, 'g0.expr', (expr) => expr === 'node_load5')
    assert.equal(new URL(page.url()).searchParams.get('g1.expr'), null)
  },
)

browserTest(
  'metrics are found by a word of their help, and asked by a click',
  () => '/query',
  async ({ page }) => {
    await page.locator('.cm-content').waitFor()
    await page.keyboard.press('m')
    const field = page.getByRole('searchbox', { name: 'Search metrics' })
    await field.fill('1m load')
    await page.locator('.metrics-list button', { hasText: 'node_load1' }).first().waitFor()
    await keepScreenshot(page, 'metrics')
    await page.locator('.metrics-list button').first().click()
    await untilDrawn(page)
    await untilAddress(page, 'g0.expr', (expr) => expr === 'node_load1')
  },
)

browserTest(
  'queries asked before are offered again',
  () => graphLink('node_load15{service_name!=""}'),
  async ({ page }) => {
    await untilDrawn(page)
    await page.goto(`${site.url}/query`)
    await page.getByRole('button', { name: 'Queries asked before' }).click()
    await page.locator('.history button', { hasText: 'node_load15' }).click()
    await untilDrawn(page)
  },
)

browserTest(
  'keys reach everything: help, pages, expression',
  () => '/query',
  async ({ page }) => {
    await page.locator('.cm-content').waitFor()
    await page.keyboard.press('?')
    await page.getByRole('heading', { name: 'Keys and gestures' }).waitFor()
    await keepScreenshot(page, 'help')
    await page.keyboard.press('Escape')
    await page.keyboard.press('/')
    await page.keyboard.insertText('node_load1')
    await page.keyboard.press('Enter')
    await untilDrawn(page)
    await page.keyboard.press('Escape')
    await page.keyboard.press('g')
    await page.keyboard.press('t')
    await page.getByRole('heading', { name: 'Targets' }).waitFor()
  },
)

browserTest(
  'a server that still answers is not asked again by a refresh, only by a person',
  () => '/targets',
  async ({ page }) => {
    let asked = 0
    await page.route('**/api/v1/query_range', () => {
      asked++
    })
    await page.goto(site.url + graphLink('node_load1'))
    await until('the first question', () => asked === 1)
    await page.getByRole('button', { name: 'Refresh every panel' }).click()
    await page.getByRole('button', { name: 'Refresh every panel' }).click()
    assert.equal(asked, 1)
    await page.getByRole('button', { name: 'Run' }).click()
    await until('the second question', () => asked === 2)
    await page.getByRole('button', { name: 'Stop' }).click()
    await page.locator('.panel-body[aria-busy="false"]').waitFor()
  },
)
