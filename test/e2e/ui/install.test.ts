/** From an entry to data in a real browser: chosen, previewed, installed, up, and undone. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import {
  freePort,
  missingComponents,
  startNarthex,
  startRole,
  type TestProcess,
  temporaryFolder,
  until,
} from '../../support/processes.ts'
import { checkAccess } from './access.ts'
import { closePage, keepScreenshot, openPage, startBrowser } from './browser.ts'
import { startExporter } from './site.ts'

const skip = missingComponents('chromium', 'prometheus-node-exporter')

/** One interval without a configuration file, and what a busy machine adds. */
const UP_MS_MAX = 5000 + 3000

const folder = temporaryFolder('ui-install')
const running: TestProcess[] = []
let browser: Browser
let server: TestProcess
let hub: TestProcess
let address: string

before(async () => {
  if (skip !== undefined) return
  browser = await startBrowser()
  const port = await freePort()
  address = `127.0.0.1:${port}`
  running.push(await startExporter(port))
  server = await startNarthex({ storage: join(folder.path, 'up') })
  hub = await startRole('hub', [`--storage.path=${join(folder.path, 'hub')}`, '--log.level=error'])
  running.push(server, hub)
  for (const { url } of [server, hub]) {
    const body = JSON.stringify([{ targets: [address], labels: { job: 'node' } }])
    const reply = await fetch(`${url}/api/v1/sd/groups/web`, { method: 'PUT', body })
    assert.equal(reply.status, 200)
  }
})
after(async () => {
  await Promise.all([browser?.close(), ...running.map((each) => each.stop())])
  folder.remove()
})

const below = (): string[] =>
  readdirSync(join(folder.path, 'up/config.d'), { recursive: true })
    .map(String)
    .filter((path) => /\.\w+$/.test(path))
    .sort()

const preview = (page: Page) => page.getByRole('region', { name: 'What will be added' })

test('one click from an entry to data, and one back', { skip }, async () => {
  const { page, faults } = await openPage(browser, `${server.url}/catalogue/redis`)
  await page.getByRole('link', { name: 'Install', exact: true }).click()
  await page.getByText('Choose a target').waitFor()
  const go = page.getByRole('button', { name: 'Install' })
  assert.equal(await go.isDisabled(), true)
  await page.goto(`${server.url}/catalogue/node/install`)
  await page.getByLabel('Others').fill('http://x:1\n10.0.0.1')
  await page.getByText('"http://x:1" is a URL').waitFor()
  assert.equal(await go.isDisabled(), true)

  await page.getByLabel('Others').fill('127.0.0.1:1')
  await page.getByLabel(address).check()
  await page.getByLabel('Name').fill('west')
  await preview(page).getByText('job_name: "west"').waitFor()
  await preview(page).getByText(`- "${address}"`).waitFor()
  const kept = new URL(page.url()).searchParams
  assert.deepEqual([kept.get('targets'), kept.get('more')], [address, '127.0.0.1:1'])
  await page.getByRole('tab', { name: 'Rules' }).click()
  await preview(page).getByText('config.d/rules/west.yml').waitFor()
  const shown = (await preview(page).locator('.code-box code').textContent()) ?? ''
  await page.getByRole('tab', { name: 'Dashboard' }).click()
  await preview(page).getByText('config.d/dashboards/west.json').waitFor()
  await keepScreenshot(page, 'install')

  await go.click()
  const clickedMs = Date.now()
  await page.getByText('1 of 2 targets are up').waitFor()
  assert.ok(Date.now() - clickedMs < UP_MS_MAX, `${Date.now() - clickedMs} ms`)
  await page.getByText('connection refused').waitFor()
  assert.equal(new URL(page.url()).pathname, '/installs/west')
  assert.deepEqual(below(), ['dashboards/west.json', 'rules/west.yml', 'west.yml'])
  const written = readFileSync(join(folder.path, 'up/config.d/rules/west.yml'), 'utf8')
  // What stands on top says when, which was earlier in the preview.
  const body = (text: string): string => text.split('\n').slice(1).join('\n').trim()
  assert.equal(body(written), body(shown))

  await page.getByRole('button', { name: 'Undo west' }).click()
  const dialog = page.getByRole('dialog', { name: 'Undo west?' })
  assert.deepEqual(await dialog.locator('.undo-files > span').allInnerTexts(), [
    ...['config.d/west.yml', 'config.d/rules/west.yml', 'config.d/dashboards/west.json'],
  ])
  await keepScreenshot(page, 'install-undo')
  await dialog.getByRole('button', { name: 'Undo it' }).click()
  await page.getByText('Nothing is installed yet').waitFor()
  assert.deepEqual(below(), [])
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('what is already scraped by a job is said before it is scraped twice', { skip }, async () => {
  const { page, faults } = await openPage(browser, `${server.url}/catalogue/node/install`)
  const target = page.locator('.install-target', { hasText: address })
  await until('the registry is scraped', async () => {
    await page.reload()
    await target.waitFor()
    return ((await target.textContent()) ?? '').includes('scraped by registry')
  })
  assert.equal(await target.locator('input').isChecked(), false)
  await target.locator('input').check()
  await page.getByText('its series will be there twice').waitFor()
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('a hub that scrapes nothing says so, and gives files and the command', { skip }, async () => {
  const { page, faults } = await openPage(browser, `${hub.url}/catalogue/node`)
  await page.getByRole('link', { name: 'Use it' }).click()
  await page.getByText('This hub scrapes nothing').waitFor()
  assert.equal(await page.getByRole('button', { name: 'Install' }).count(), 0)
  await page.getByLabel(address).check()
  await page.getByText('narthex hub install node').waitFor()
  const [archive] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'node.tar.gz' }).click(),
  ])
  assert.equal(archive.suggestedFilename(), 'node.tar.gz')
  assert.equal(readFileSync(await archive.path()).readUInt16BE(0), 0x1f8b, 'gzip')
  const [rules] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download rules.yml' }).click(),
  ])
  assert.match(readFileSync(await rules.path(), 'utf8'), /^groups:/m)
  assert.deepEqual(faults, [])
  await closePage(page)
})

for (const [name, role, path, text] of [
  ['install', 'up', 'catalogue/node/install?more=db1', 'For Prometheus'],
  ['install of a hub', 'hub', 'catalogue/node/install?more=db1', 'For Prometheus'],
  ['installation', 'up', 'installs/access', 'targets are up'],
  ['installs', 'up', 'installs', 'access'],
] as const) {
  test(`everybody can use the page: ${name}`, { skip }, async () => {
    const { url } = role === 'up' ? server : hub
    if (role === 'up') {
      const body = JSON.stringify({
        entry: 'node',
        job: 'access',
        targets: [address, '127.0.0.1:1'],
      })
      await fetch(`${url}/api/v1/hub/install`, { method: 'POST', body })
    }
    await checkAccess(browser, `${url}/${path}`, name, async (page) => {
      await page.getByText(text).first().waitFor()
    })
  })
}
