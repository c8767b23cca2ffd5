/** Sources in a real browser: adding one, watching it, changing it, and removing it. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { type GitHubServer, startGitHub } from '../../support/githubserver.ts'
import {
  missingComponents,
  startRole,
  type TestProcess,
  temporaryFolder,
} from '../../support/processes.ts'
import { checkAccess } from './access.ts'
import { closePage, keepScreenshot, openPage, startBrowser } from './browser.ts'

const RULES = '- alert: TeamDown\n  expr: team_up == 0\n'
const CANARY = 'canary-3e'

const skip = missingComponents('chromium')
const folder = temporaryFolder('ui-sources')
let browser: Browser
let github: GitHubServer
let hub: TestProcess
/** One with nothing but what comes with the program. */
let bare: TestProcess

before(async () => {
  if (skip !== undefined) return
  github = await startGitHub()
  github.files = { 'team_alert.yaml': RULES, 'more_alert.yaml': RULES }
  github.token = CANARY
  const file = join(folder.path, 'hub.yml')
  const house = `{name: house, type: folder, path: ${folder.path}/nowhere}`
  writeFileSync(file, `narthex: {hub: {sources: [${house}]}}\n`)
  const flags = [`--storage.path=${folder.path}/data`, '--log.level=error']
  const found = await Promise.all([
    startBrowser(),
    startRole('hub', [...flags, `--config.file=${file}`]),
    startRole('hub', [`--storage.path=${folder.path}/bare`, '--log.level=error']),
  ])
  ;[browser, hub, bare] = found
})
after(async () => {
  await Promise.all([browser?.close(), hub?.kill(), bare?.kill()])
  github?.stop()
  folder.remove()
})

const row = (page: Page, name: string) => page.getByRole('row', { name: new RegExp(`^${name}`) })

async function fill(page: Page, texts: Readonly<Record<string, string>>): Promise<void> {
  for (const [label, text] of Object.entries(texts)) {
    await page.getByLabel(label, { exact: true }).fill(text)
  }
}

test('without any source the page says that nothing else is needed', { skip }, async () => {
  const { page, faults } = await openPage(browser, `${bare.url}/catalogue`)
  await page.getByRole('heading', { name: 'Catalogue' }).waitFor()
  await page.keyboard.press('g')
  await page.keyboard.press('o')
  await row(page, 'bundled').getByText('up to date').waitFor()
  await page.getByText('Nothing else is needed').waitFor()
  await page.getByText('type: github').waitFor()
  await keepScreenshot(page, 'sources-empty')
  await page.getByRole('button', { name: 'Add a repository' }).click()
  await page.waitForURL(/\/sources\?add$/)
  await page.getByRole('form', { name: 'Settings of the source' }).waitFor()
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('a source is added, asked, changed, refreshed and removed', { skip }, async () => {
  const { page, faults } = await openPage(browser, `${hub.url}/sources?add`)
  const form = page.getByRole('form', { name: 'Settings of the source' })
  await fill(page, { Name: 'team', Repository: 'team', 'Refresh every': '1s' })
  await form.getByRole('button', { name: 'Add and refresh' }).click()
  await form.getByText('wanted owner/name').waitFor()
  await form.getByText('wanted a duration from 10s').waitFor()
  assert.equal(await page.getByLabel('Repository').getAttribute('aria-invalid'), 'true')
  await keepScreenshot(page, 'sources-refused')

  await fill(page, { Repository: 'team/content', 'Refresh every': '1h', Token: CANARY })
  await page.getByLabel('Address of the API').fill(github.url)
  await form.getByRole('button', { name: 'Add and refresh' }).click()
  await page.getByRole('heading', { name: 'team', exact: true }).waitFor()
  assert.equal(new URL(page.url()).pathname, '/sources/team')
  await page.locator('.page-head .badge', { hasText: 'up to date' }).waitFor()
  await page.locator('.source-facts').getByText('2', { exact: true }).waitFor()
  assert.ok(!(await page.content()).includes(CANARY), 'a token is typed and never shown')
  assert.equal(await page.getByLabel('Token', { exact: true }).inputValue(), '')

  github.files = { ...github.files, 'new_alert.yaml': `${RULES}#`, 'big_alert.yaml': `${RULES}##` }
  github.fault = (path) => (path.startsWith('/blobs/') ? 'never' : undefined)
  await page.getByRole('button', { name: 'Refresh', exact: true }).click()
  await page.getByText('Fetches 0 of 2 files').waitFor()
  await keepScreenshot(page, 'sources-progress')
  github.fault = () => ({ status: 500 })
  await page.getByLabel('Folder', { exact: true }).fill('')
  await page.getByLabel('Forget its token').check()
  await form.getByRole('button', { name: 'Save and refresh' }).click()
  await page.getByText(/GitHub fails \(500\)\. What it had before is shown on\./).waitFor()
  await page.getByText(/by 127\.0\.0\.1/).waitFor()
  await page.locator('.page-head .badge', { hasText: /^fails for \d+ s$/ }).waitFor()

  await page.getByRole('button', { name: 'Remove' }).click()
  const asked = page.getByRole('dialog', { name: 'Remove the source team?' })
  await asked.getByRole('button', { name: 'Keep it' }).click()
  await page.getByRole('button', { name: 'Remove' }).click()
  await asked.getByRole('button', { name: 'Remove' }).click()
  await row(page, 'bundled').waitFor()
  assert.equal(await row(page, 'team').count(), 0)
  assert.equal(new URL(page.url()).pathname, '/sources')
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('a source that fails is told where the catalogue is looked at, and why is one step away', {
  skip,
}, async () => {
  const { page, faults } = await openPage(browser, `${hub.url}/catalogue`)
  await page.getByText('The source house fails; what is here stays.').waitFor()
  await page.getByRole('link', { name: 'See why' }).click()
  const house = row(page, 'house')
  await house.getByText(/cannot read folder .*nowhere/).waitFor()
  await house.getByText('in the configuration file').waitFor()
  await house.getByRole('link', { name: 'house' }).click()
  await page.getByText('It stands in the file of --config.file').waitFor()
  assert.equal(await page.getByRole('form').count(), 0)
  assert.equal(await page.getByRole('button', { name: 'Remove' }).count(), 0)
  await page.keyboard.press('u')
  await house.waitFor()
  await page.goto(`${hub.url}/sources/nothing`)
  await page.getByText('There is no source named nothing').waitFor()
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('who is no admin sees everything of a source and is offered no change', { skip }, async () => {
  const wanted = { type: 'github', url: github.url, repository: 'team/content' }
  const place = `${hub.url}/api/v1/hub/sources/seen`
  await fetch(place, { method: 'PUT', body: JSON.stringify(wanted) })
  const { page, faults } = await openPage(browser, `${hub.url}/status`)
  await page.route('**/api/v1/hub/session', async (route) => {
    const data = { name: 'vera', role: 'viewer', isOpen: false, hasSession: true }
    await route.fulfill({ json: { status: 'success', data } })
  })
  await page.goto(`${hub.url}/sources?add`)
  await row(page, 'seen').getByText('added here').waitFor()
  await page.goto(`${hub.url}/sources/seen`)
  await page.getByText('an admin may change and remove it').waitFor()
  for (const name of ['Refresh', 'Remove', 'Add a source', 'Save and refresh']) {
    assert.equal(await page.getByRole('button', { name }).count(), 0, name)
  }
  assert.deepEqual(faults, [])
  await closePage(page)
  await fetch(place, { method: 'DELETE' })
})

test('C26: nothing of a source runs', { skip }, async () => {
  const { page, faults } = await openPage(browser, `${hub.url}/status`)
  const text = '"><img src=x onerror=window.hit=1><script>window.hit=1</script>'
  await page.route('**/api/v1/hub/sources', async (route) => {
    const response = await route.fetch()
    const { data } = (await response.json()) as { data: object[] }
    const attacked = data.map((each) => ({
      ...each,
      ...{ origin: text, commit: text, error: text, faults: [text, `${text}2`] },
    }))
    await route.fulfill({ response, json: { status: 'success', data: attacked } })
  })
  for (const path of ['/sources', '/sources/house']) {
    await page.goto(hub.url + path)
    await page.getByText(text).first().waitFor()
    assert.equal(await page.evaluate('window.hit'), undefined)
    assert.equal(await page.locator('main :is(img, script)').count(), 0)
  }
  assert.deepEqual(faults, [])
  await closePage(page)
})

for (const [path, name, isThere] of [
  ['/sources', 'sources', (page: Page) => row(page, 'house').waitFor()],
  ['/sources?add', 'sources add', (page: Page) => page.getByLabel('Repository').waitFor()],
  ['/sources/house', 'source', (page: Page) => page.locator('.source-facts').waitFor()],
] as const) {
  test(`${name}: everybody can use it, on every screen`, { skip }, async () => {
    await checkAccess(browser, hub.url + path, name, isThere)
  })
}
