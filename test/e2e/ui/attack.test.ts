/** C26: names, values and errors that would run as script, shown in a real browser as text. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { missingComponents } from '../../support/processes.ts'
import { closePage, keepScreenshot, openPage, startBrowser, untilDrawn } from './browser.ts'
import { graphLink, type Site, startSite } from './site.ts'

/** Each would set `window.hit` or open a dialog if any part of the page took it for markup or script. */
const CORPUS = [
  '<img src=x onerror=window.hit=1>',
  '<script>window.hit=1</script>',
  '"><svg onload=window.hit=1>',
  "'-alert(1)-'",
  'javascript:window.hit=1',
  '<iframe srcdoc="<script>parent.hit=1</script>">',
  '{{constructor.constructor("window.hit=1")()}}',
  '</textarea></title></style><script>window.hit=1</script>',
  '<math><mtext></form><form><mglyph><style></math><img src onerror=window.hit=1>',
  '&lt;img src=x onerror=window.hit=1&gt;',
  '\u202e<img src=x onerror=window.hit=1>\u0000\u2028',
]
const JOB = '<img src=x onerror=window.hit=1>'

const skip = missingComponents('chromium', 'prometheus-node-exporter')
let exporter: Server
let site: Site
let browser: Browser

before(async () => {
  if (skip !== undefined) return
  exporter = createServer((_, reply) => {
    reply.setHeader('content-type', 'text/plain; version=0.0.4')
    reply.end(exposition())
  })
  exporter.listen(0, '127.0.0.1')
  await once(exporter, 'listening')
  const { port } = exporter.address() as AddressInfo
  const jobs = `  - job_name: '${JOB}'
    static_configs:
      - targets: ['127.0.0.1:${port}']
        labels: {attack: ${JSON.stringify(CORPUS[1])}}
`
  browser = await startBrowser()
  site = await startSite(jobs)
})
after(async () => {
  await Promise.all([browser?.close(), site?.stop()])
  exporter?.close()
})

function exposition(): string {
  const quote = (text: string): string =>
    `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`
  const lines = CORPUS.map((text, i) => `attack{value=${quote(text)},n="${i}"} ${i}`)
  return `# HELP attack <img src=x onerror=window.hit=1>\n# TYPE attack gauge\n${lines.join('\n')}\n`
}

for (const [name, address] of [
  ['graph and legend', graphLink('attack')],
  ['table', '/query?g0.expr=attack&g0.tab=table'],
  ['an expression', `/query?g0.expr=${encodeURIComponent(CORPUS[0])}&g0.tab=graph`],
  ['a link', `/query?g0.expr=up&g0.tab=${CORPUS[0]}&g0.range_input=${CORPUS[1]}`],
  ['targets', '/targets'],
  ['a filter', `/targets?search=${encodeURIComponent(CORPUS[0])}&folded=${CORPUS[1]}`],
  ['cardinality', '/tsdb-status'],
  ['configuration', '/config'],
] as const) {
  test(`nothing of it runs: ${name}`, { skip }, async () => {
    const { page, faults } = await openPage(browser, site.url + address)
    await page.waitForLoadState('networkidle')
    if (name === 'graph and legend') {
      await untilDrawn(page)
      await page.locator('.legend-key').first().hover()
      await page.locator('.u-over').hover()
      for (const text of CORPUS.slice(0, 9)) {
        await page
          .locator('.legend-key', { hasText: text.replaceAll('"', '\\"') })
          .first()
          .waitFor()
      }
      await keepScreenshot(page, 'attack')
    }
    if (name === 'targets') await page.getByRole('heading', { name: JOB }).waitFor()
    assert.equal(await page.evaluate('window.hit'), undefined)
    assert.equal(
      await page.locator('main img, main script, main iframe, main form form').count(),
      0,
    )
    assert.deepEqual(faults, [])
    await closePage(page)
  })
}

test('nothing of it runs: completion, help of a metric, the metrics list, the history', {
  skip,
}, async () => {
  const { page, faults } = await openPage(browser, site.url + graphLink('attack'))
  await untilDrawn(page)
  await page.locator('.cm-content').click()
  await page.keyboard.press('Control+a')
  await page.keyboard.type('attack{value="', { delay: 20 })
  await page.locator('.cm-tooltip-autocomplete li', { hasText: 'onerror' }).first().waitFor()
  await page.keyboard.press('Escape')
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Search metrics' }).click()
  await page.getByRole('searchbox', { name: 'Search metrics' }).fill('attack')
  await page.locator('.metric-help', { hasText: '<img src=x' }).waitFor()
  await page.locator('.metrics').getByRole('button', { name: 'Close' }).click()
  await page.getByRole('button', { name: 'Queries asked before' }).click()
  assert.equal(await page.evaluate('window.hit'), undefined)
  assert.deepEqual(faults, [])
  await closePage(page)
})
