/** The pages of a server that asks another engine: a real Prometheus, and a real VictoriaMetrics. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import {
  freePort,
  missingComponents,
  startComponent,
  startRole,
  type TestProcess,
  temporaryFolder,
  until,
} from '../../support/processes.ts'
import { checkAccess } from './access.ts'
import { closePage, keepScreenshot, openPage, startBrowser, untilDrawn } from './browser.ts'
import { graphLink, startExporter } from './site.ts'

const PROMETHEUS = missingComponents('chromium', 'prometheus', 'prometheus-node-exporter')
const VICTORIA = missingComponents('chromium', 'victoria-metrics')
const folder = temporaryFolder('ui-upstream')
const running: TestProcess[] = []
let browser: Browser
let prometheus: string
let victoria: string

async function own(starting: Promise<TestProcess>): Promise<TestProcess> {
  const started = await starting
  running.push(started)
  return started
}

before(async () => {
  if (PROMETHEUS !== undefined && VICTORIA !== undefined) return
  browser = await startBrowser()
  await Promise.all([
    PROMETHEUS === undefined ? startPrometheus() : undefined,
    VICTORIA === undefined ? startVictoria() : undefined,
  ])
})
after(async () => {
  await Promise.all([browser?.close(), ...running.map((each) => each.kill())])
  folder.remove()
})

async function startPrometheus(): Promise<void> {
  const [nodePort, port] = [await freePort(), await freePort()]
  await own(startExporter(nodePort))
  const config = `${folder.path}/prometheus.yml`
  writeFileSync(
    config,
    `global: {scrape_interval: 1s, scrape_timeout: 1s}
scrape_configs:
  - {job_name: node, static_configs: [{targets: ['127.0.0.1:${nodePort}'], labels: {service_name: 서비스}}]}
`,
  )
  const flags = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${folder.path}/prometheus`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]
  const engine = await own(startComponent('prometheus', flags, port, '/-/ready'))
  prometheus = (await startFrontend(engine.url)).url
  await until('rows to draw', () => hasSamples(prometheus, 'count_over_time(node_load1[1m]) > 4'))
}

/** Samples are pushed to it; it scrapes nothing. */
async function startVictoria(): Promise<void> {
  const port = await freePort()
  const flags = [
    `-storageDataPath=${folder.path}/victoria`,
    `-httpListenAddr=127.0.0.1:${port}`,
    '-search.latencyOffset=0s',
  ]
  const engine = await own(startComponent('victoria-metrics', flags, port, '/health'))
  const nowMs = Date.now()
  const lines = Array.from(
    { length: 60 },
    (_, i) => `pushed{n="1"} ${i} ${nowMs - (59 - i) * 1000}`,
  )
  await fetch(`${engine.url}/api/v1/import/prometheus`, { method: 'POST', body: lines.join('\n') })
  victoria = (await startFrontend(engine.url)).url
  await until('what was pushed', () => hasSamples(victoria, 'pushed'))
}

function startFrontend(engine: string): Promise<TestProcess> {
  return own(startRole('server', [`--query.upstream=${engine}`, '--log.level=error']))
}

async function hasSamples(url: string, query: string): Promise<boolean> {
  const reply = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(query)}`)
  const body = (await reply.json()) as { data?: { result?: unknown[] } }
  return (body.data?.result?.length ?? 0) > 0
}

test('the first look is made from what Prometheus has', { skip: PROMETHEUS }, async () => {
  const { page, faults } = await openPage(browser, `${prometheus}/`)
  const titles = await page
    .getByRole('navigation', { name: 'Pages' })
    .getByRole('link')
    .allInnerTexts()
  assert.deepEqual(titles, ['Explore', 'Targets', 'Status'])
  await page.getByText('1 of 1 targets up').waitFor()
  await page.locator('.ready-graph', { hasText: 'CPU in use' }).locator('canvas').waitFor()
  await keepScreenshot(page, 'upstream-first-look')
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('a graph of what Prometheus answers, and its own error', { skip: PROMETHEUS }, async () => {
  const { page, faults } = await openPage(browser, prometheus + graphLink('node_load1'))
  await untilDrawn(page)
  await keepScreenshot(page, 'upstream-graph')
  await page.locator('.cm-content').click()
  await page.keyboard.press('Control+a')
  await page.keyboard.insertText('node_load1 + on(job) group_left() {__name__=~".+"}')
  await page.keyboard.press('Enter')
  await page.locator('.panel [role="alert"]', { hasText: 'many' }).waitFor()
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('names are completed and metrics listed from Prometheus', { skip: PROMETHEUS }, async () => {
  const { page, faults } = await openPage(browser, `${prometheus}/query`)
  await page.locator('.cm-content').click()
  await page.keyboard.type('node_cpu_sec', { delay: 30 })
  await page.locator('.cm-tooltip-autocomplete li', { hasText: 'node_cpu_seconds_total' }).waitFor()
  await page.keyboard.press('Escape')
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Search metrics' }).click()
  await page.getByRole('searchbox', { name: 'Search metrics' }).fill('node_load15')
  await page.locator('.metric-help', { hasText: /load average/ }).waitFor()
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('targets are those of Prometheus', { skip: PROMETHEUS }, async () => {
  const { page, faults } = await openPage(browser, `${prometheus}/targets`)
  await page.getByText('1 / 1 up').waitFor()
  await page.locator('.target-labels .chip', { hasText: 'service_name=서비스' }).waitFor()
  await page.getByRole('columnheader', { name: 'Samples' }).waitFor()
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('status tells the engine that answers from this process', { skip: PROMETHEUS }, async () => {
  const { page, faults } = await openPage(browser, `${prometheus}/status`)
  await page.getByText('Series over there').waitFor()
  assert.deepEqual(await page.locator('.status-card h2').allInnerTexts(), [
    'Engine that answers',
    'Process',
    'Build',
  ])
  assert.equal(await page.getByText('Retention').count(), 0)
  await keepScreenshot(page, 'upstream-status')
  await page.getByRole('tab', { name: 'Cardinality' }).click()
  await page.getByRole('heading', { name: 'Bytes by label' }).waitFor()
  assert.deepEqual(faults, [])
  await closePage(page)
})

for (const [name, path, isThere] of [
  [
    'upstream first look',
    '/',
    (page: Page) => page.locator('.ready-graph canvas').first().waitFor(),
  ],
  ['upstream status', '/status', (page: Page) => page.locator('.tile').first().waitFor()],
] as const) {
  test(`axe finds nothing in either scheme, nothing sticks out: ${name}`, {
    skip: PROMETHEUS,
  }, async () => {
    await checkAccess(browser, prometheus + path, name, isThere)
  })
}

test('VictoriaMetrics, which says other things, is asked as well', { skip: VICTORIA }, async () => {
  const { page, faults } = await openPage(browser, `${victoria}/`)
  await page.getByText('No ready-made graph for what is here').waitFor()
  assert.match(
    (await page.locator('.welcome-summary').textContent()) ?? '',
    /^1 metric in \d+ series\./,
  )
  await keepScreenshot(page, 'victoria-first-look')
  await page.getByRole('button', { name: 'Search metrics' }).click()
  await page.locator('.metrics-list').getByText('pushed').click()
  await untilDrawn(page)
  await page.getByRole('link', { name: 'Targets' }).click()
  await page.getByText('No targets yet').waitFor()
  await page.getByRole('link', { name: 'Status' }).click()
  await page.getByText('Series over there').waitFor()
  await page.getByRole('tab', { name: 'Cardinality' }).click()
  await page.getByRole('heading', { name: 'Series by label', exact: true }).waitFor()
  await keepScreenshot(page, 'victoria-cardinality')
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('an engine that answers queries alone is enough', { skip: PROMETHEUS }, async () => {
  const { page } = await openPage(browser, `${prometheus}/flags`)
  for (const path of ['targets', 'status/tsdb', 'metadata']) {
    await page.route(`**/api/v1/${path}*`, (route) =>
      route.fulfill({ status: 404, contentType: 'text/plain', body: '404 page not found' }),
    )
  }
  await page.getByRole('link', { name: 'Explore', exact: true }).click()
  await page.getByText(/^[\d\s]+ metrics\./).waitFor()
  await page.locator('.ready-graph canvas').first().waitFor()
  await page.getByRole('link', { name: 'Status' }).click()
  await page.getByRole('tab', { name: 'Cardinality' }).click()
  await page.getByText('does not say where its series come from').waitFor()
  await page.getByRole('tab', { name: 'Overview' }).click()
  await page.getByRole('row', { name: /^Started/ }).waitFor()
  await closePage(page)
})
