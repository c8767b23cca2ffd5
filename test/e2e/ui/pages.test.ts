/** Targets and Status in a real browser, and what every page shows when the server is away. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { missingComponents, until } from '../../support/processes.ts'
import { closePage, keepScreenshot, openPage, startBrowser, untilDrawn } from './browser.ts'
import { graphLink, type Site, startSite } from './site.ts'

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

test('targets are shown by pool, with errors, labels and what was dropped', { skip }, async () => {
  const { page, faults } = await openPage(browser, `${site.url}/targets`)
  const node = page.locator('.pool', { has: page.getByRole('heading', { name: 'node' }) })
  await node.getByText('1 / 1 up').waitFor()
  await node.locator('.target-labels .chip', { hasText: 'service_name=My서비스' }).waitFor()
  const samples = await node.locator('td.number').last().textContent()
  assert.ok(Number(samples?.replaceAll(/\D/g, '')) > 100, `samples: ${samples}`)
  await node.getByText('before relabelling').click()
  await node.locator('.chip', { hasText: '__address__=127.0.0.1' }).waitFor()

  const away = page.locator('.pool', { has: page.getByRole('heading', { name: 'away' }) })
  await away.locator('.note.bad', { hasText: '127.0.0.1:1' }).waitFor()
  await page.getByText('Dropped by relabelling (1)').click()
  await page.locator('.dropped .chip', { hasText: '__address__=127.0.0.1:3' }).waitFor()
  await keepScreenshot(page, 'targets')
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('the filter of targets is part of the address', { skip }, async () => {
  const { page, faults } = await openPage(browser, `${site.url}/targets?health=down`)
  await page.getByRole('heading', { name: 'away' }).waitFor()
  assert.equal(await page.getByRole('heading', { name: 'node', exact: true }).count(), 0)
  await page.getByRole('button', { name: /\d+ down/ }).click()
  await page.getByRole('searchbox').fill('service_name node')
  await page.getByRole('heading', { name: 'node', exact: true }).waitFor()
  await until('one pool', async () => (await page.locator('.pool').count()) === 1)
  assert.equal(new URL(page.url()).searchParams.get('search'), 'service_name node')
  assert.equal(new URL(page.url()).searchParams.get('health'), null)
  await page.getByRole('searchbox').fill('no such thing')
  await page.getByText('No target matches').waitFor()
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('status shows build, process, store, cardinality, flags and the configuration', {
  skip,
}, async () => {
  const { page, faults } = await openPage(browser, `${site.url}/status`)
  await page.getByText('Series in the head').waitFor()
  await page.getByRole('row', { name: /^Version/ }).waitFor()
  await keepScreenshot(page, 'status')
  await page.getByRole('tab', { name: 'Cardinality' }).click()
  await page.getByRole('link', { name: 'node_cpu_seconds_total', exact: true }).waitFor()
  await keepScreenshot(page, 'cardinality')
  await page.getByRole('tab', { name: 'Flags' }).click()
  await page.getByRole('searchbox', { name: 'Filter the flags' }).fill('storage')
  await page
    .getByText(/^--storage/)
    .first()
    .waitFor()
  await page.getByRole('tab', { name: 'Configuration' }).click()
  await page.locator('.config').getByText('job_name').first().waitFor()
  await keepScreenshot(page, 'configuration')
  assert.deepEqual(faults, [])
  await closePage(page)
})

for (const [path, tab] of [
  ['/tsdb-status', 'Cardinality'],
  ['/flags', 'Flags'],
  ['/config', 'Configuration'],
] as const) {
  test(`an address of Prometheus opens its section: ${path}`, { skip }, async () => {
    const { page } = await openPage(browser, site.url + path)
    const selected = page.getByRole('tab', { name: tab, selected: true })
    await selected.waitFor()
    await closePage(page)
  })
}

test('colours and time zone follow the choice, and stay', { skip }, async () => {
  const { page, faults } = await openPage(browser, site.url + graphLink('node_load1'))
  await untilDrawn(page)
  const background = (): Promise<string> =>
    page.evaluate('getComputedStyle(document.documentElement).backgroundColor')
  const light = await background()
  await page.keyboard.press('t')
  await page.keyboard.press('t')
  await page.getByRole('button', { name: 'Colours: dark' }).waitFor()
  assert.notEqual(await background(), light)
  await page.getByRole('button', { name: 'Times in Local time' }).click()
  await page.reload()
  await untilDrawn(page)
  await page.getByRole('button', { name: 'Times in UTC' }).waitFor()
  assert.notEqual(await background(), light)
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('panels refresh by themselves when told to', { skip }, async () => {
  const { page, faults } = await openPage(browser, site.url + graphLink('node_load1'))
  await untilDrawn(page)
  const asked = page.waitForRequest(/query_range/)
  await page.getByRole('combobox', { name: 'Refresh by itself' }).selectOption('5')
  await asked
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('a page left for another is as it was when one comes back', { skip }, async () => {
  const { page, faults } = await openPage(browser, `${site.url}/targets?health=up`)
  await page.getByRole('heading', { name: 'node', exact: true }).waitFor()
  await page.getByRole('link', { name: 'Explore', exact: true }).click()
  await page.locator('.cm-content').click()
  await page.keyboard.insertText('node_load5')
  await page.keyboard.press('Enter')
  await untilDrawn(page)
  await page.getByRole('link', { name: 'Targets' }).click()
  await page.getByRole('button', { name: /\d+ up/, pressed: true }).waitFor()
  await page.getByRole('link', { name: 'Explore', exact: true }).click()
  await untilDrawn(page)
  assert.equal(new URL(page.url()).searchParams.get('g0.expr'), 'node_load5')
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('a server that goes away is announced, what was drawn stays, and its return is noticed', {
  skip,
}, async () => {
  const { page } = await openPage(browser, site.url + graphLink('node_load1{service_name!=""}'))
  await untilDrawn(page)
  await site.pause()
  await page.getByRole('button', { name: 'Run' }).click()
  await page.locator('.away').waitFor()
  assert.equal(await page.locator('.legend-key').count(), 1)
  await keepScreenshot(page, 'server-away')
  await site.resume()
  await page.getByRole('button', { name: 'Try now' }).click()
  await page.locator('.away').waitFor({ state: 'detached' })
  await untilDrawn(page)
  assert.equal(await page.locator('.panel [role="alert"]').count(), 0)
  await closePage(page)
})
