/** Catalogue and Registry of a hub in a real browser. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import type { EntryDetail, EntrySummary } from '../../../src/model/catalogue.ts'
import {
  missingComponents,
  startRole,
  type TestProcess,
  temporaryFolder,
  until,
} from '../../support/processes.ts'
import { checkAccess } from './access.ts'
import { closePage, keepScreenshot, openPage, startBrowser } from './browser.ts'
import { decodePng } from './png.ts'
import { longestTaskMs } from './tasks.ts'

/** The bounds of the design. */
const SHELL_BYTES_MAX = 60 * 1024
const TASK_MS_MAX = 50

/** Each would set `window.hit` or open a dialog if it were taken for markup or script. */
const CORPUS = [
  '<img src=x onerror=window.hit=1>',
  '<script>window.hit=1</script>',
  '"><svg onload=window.hit=1>',
  '[a](javascript:window.hit=1)',
  '![a](javascript:window.hit=1)',
  '<javascript:window.hit=1>',
  '[a](data:text/html,<script>window.hit=1</script>)',
  '</pre></code><iframe srcdoc="<script>parent.hit=1</script>">',
  '\u202e<img src=x onerror=window.hit=1>\u2028',
]

const skip = missingComponents('chromium')
const folder = temporaryFolder('ui-hub')
let browser: Browser
let hub: TestProcess
let entries: readonly EntrySummary[]

before(async () => {
  if (skip !== undefined) return
  browser = await startBrowser()
  hub = await startRole('hub', [`--storage.path=${folder.path}/data`, '--log.level=error'])
  const reply = await fetch(`${hub.url}/api/v1/hub/entries`)
  entries = ((await reply.json()) as { data: readonly EntrySummary[] }).data
  await put('groups/web', [
    { targets: ['web-1:9100', 'web-2:9100'], labels: { job: 'node', dc: 'a' } },
    { targets: ['[2001:db8::1]:9104'], labels: { job: 'mysqld' } },
  ])
  await put('groups/web', [
    { targets: ['web-1:9100', 'web-3:9100'], labels: { job: 'node', dc: 'a' } },
  ])
  await put('services/My서비스', {
    labels: { dbms: 'MySQL', service_name: 'My서비스' },
    nodes: ['프라이머리', '세컨더리A', '세컨더리B'].map((name, index) => ({
      host: `10.0.0.${index + 1}`,
      labels: { db_name: name },
      exporters: [
        { job: 'node', port: 9100 },
        { job: 'mysqld', port: 9104 },
      ],
    })),
  })
  await fetch(`${hub.url}/sd/http/node`, {
    headers: { 'user-agent': 'Prometheus/2.42.0', 'x-prometheus-refresh-interval-seconds': '15' },
  })
})
after(async () => {
  await Promise.all([browser?.close(), hub?.kill()])
  folder.remove()
})

async function put(path: string, document: unknown): Promise<void> {
  const body = JSON.stringify(document)
  const reply = await fetch(`${hub.url}/api/v1/sd/${path}`, { method: 'PUT', body })
  assert.equal(reply.status, 200, await reply.text())
}

/** Of the editor that has the focus; typed over coloured text, the browser would try to keep colours. */
async function replaceText(page: Page, text: string): Promise<void> {
  await page.keyboard.press('Control+a')
  await page.keyboard.press('Delete')
  await page.keyboard.insertText(text)
}

const rows = (page: Page) => page.locator('.rows-table tbody tr')

test('the hub shows its pages, and keys lead to them', { skip }, async () => {
  const { page, faults } = await openPage(browser, `${hub.url}/`)
  await page.getByRole('heading', { name: 'Catalogue' }).waitFor()
  const menu = page.getByRole('navigation', { name: 'Pages' }).getByRole('link')
  await menu.filter({ hasText: 'Accounts' }).waitFor()
  const titles = ['Catalogue', 'Sources', 'Registry', 'Accounts', 'Status']
  assert.deepEqual(await menu.allInnerTexts(), titles)
  await page.keyboard.press('g')
  await page.keyboard.press('r')
  await page.getByRole('heading', { name: 'Registry' }).waitFor()
  assert.equal(new URL(page.url()).pathname, '/registry')
  await page.keyboard.press('g')
  await page.keyboard.press('s')
  await page.locator('.tile').first().waitFor()
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('the catalogue lists every entry with what is there and how far it was verified', {
  skip,
}, async () => {
  const { page, faults } = await openPage(browser, `${hub.url}/catalogue`)
  await rows(page).first().waitFor()
  await until('every entry', async () => (await rows(page).count()) === entries.length)
  const own = page.getByRole('row', { name: /^narthex/ })
  const { verified, content } = entries.find(({ name }) => name === 'narthex') as EntrySummary
  await own.getByText(`${verified.rules.ok} of ${verified.rules.all} rules`).waitFor()
  await own.getByText(`${verified.panels.ok} of ${verified.panels.all} panels`).waitFor()
  const there = Object.entries(content).filter(([, isThere]) => isThere)
  assert.deepEqual(
    await own.locator('.content-flags .is-there').allInnerTexts(),
    there.map(([kind]) => kind),
  )
  await keepScreenshot(page, 'catalogue')
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('bars are as long as shares', { skip }, async () => {
  const { page } = await openPage(browser, `${hub.url}/catalogue?sort=verified`)
  await page.route('**/api/v1/hub/entries', async (route) => {
    const share = (ok: number) => ({ rules: { ok, all: 4 }, panels: { ok: 0, all: 0 }, on: '1' })
    const data = [0, 2, 4].map((ok) => ({ ...entries[0], name: `n${ok}`, verified: share(ok) }))
    await route.fulfill({ json: { status: 'success', data } })
  })
  await page.reload()
  await rows(page).nth(2).waitFor()
  const ends = async (row: number): Promise<string[]> => {
    const bar = decodePng(await rows(page).nth(row).locator('progress').screenshot())
    const y = Math.floor(bar.height / 2)
    return [4, bar.width - 5].map((x) => bar.at(x, y).join())
  }
  const [whole, half, none] = [await ends(0), await ends(1), await ends(2)]
  assert.equal(whole[0], whole[1], 'filled')
  assert.notEqual(half[0], half[1])
  assert.equal(none[0], none[1], 'empty')
  assert.equal(half[1], none[1], 'what is missing looks like what is empty')
  assert.equal(new Set([whole[0], half[0], none[0]]).size, 3)
  await closePage(page)
})

test('a search finds metrics, filters and orders are part of the address', { skip }, async () => {
  const { page, faults } = await openPage(browser, `${hub.url}/catalogue`)
  await rows(page).first().waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type('narthex_http_connections')
  await until('one entry', async () => (await rows(page).count()) === 1)
  await page.keyboard.press('ArrowDown')
  const focused = (): Promise<string> => page.evaluate('document.activeElement.textContent')
  assert.equal(await focused(), 'narthex')
  await page.keyboard.press('ArrowUp')
  await page.getByRole('searchbox').fill('')
  await page.getByRole('button', { name: /^\d+ Database$/ }).click()
  await page.getByRole('button', { name: /\d+ official/ }).click()
  await page.getByRole('button', { name: 'Verified' }).click()
  const params = new URL(page.url()).searchParams
  assert.equal(params.toString(), 'category=Database&official=yes&sort=verified')
  const wanted = entries.filter(({ category, official }) => official && category === 'Database')
  await until('the wanted', async () => (await rows(page).count()) === wanted.length)
  await page.reload()
  await page.locator('th[aria-sort="descending"]', { hasText: 'Verified' }).waitFor()
  await until('the wanted', async () => (await rows(page).count()) === wanted.length)
  await page.getByRole('searchbox').fill('no such thing')
  await page.getByText('No entry matches “no such thing”').waitFor()
  await page.getByText('in Database, official').waitFor()
  await keepScreenshot(page, 'catalogue-none')
  await page.getByRole('button', { name: 'Clear filters' }).click()
  await until('all', async () => (await rows(page).count()) === entries.length)
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('the catalogue answers to typing at once', { skip }, async () => {
  const { page } = await openPage(browser, `${hub.url}/catalogue`)
  await rows(page).first().waitFor()
  const longestMs = await longestTaskMs(browser, page, async () => {
    await page.getByRole('searchbox').pressSequentially('replication lag', { delay: 20 })
    await page.getByRole('searchbox').fill('')
    await until('all', async () => (await rows(page).count()) === entries.length)
  })
  assert.ok(longestMs > 0 && longestMs <= TASK_MS_MAX, `the longest task takes ${longestMs} ms`)
  await closePage(page)
})

test('an entry shows its text, its rules, its panels and its metrics', { skip }, async () => {
  const { page, faults } = await openPage(browser, `${hub.url}/catalogue?search=narthex`)
  await page.getByRole('link', { name: 'narthex', exact: true }).click()
  await page.getByRole('heading', { name: 'narthex', level: 1 }).waitFor()
  assert.equal(new URL(page.url()).pathname, '/catalogue/narthex')
  await until('the title', async () => (await page.title()) === 'narthex · narthex')
  await page.locator('.markdown h2').first().waitFor()
  await keepScreenshot(page, 'entry-exporter')

  await page.getByRole('tab', { name: 'Alerting rules' }).click()
  const rule = page.locator('.check').first()
  await rule.locator('.badge', { hasText: /critical|warning|info/ }).waitFor()
  await rule.locator('pre').waitFor()
  await rule.getByText('verified').waitFor()
  await keepScreenshot(page, 'entry-rules')
  await page.keyboard.press('ArrowRight')
  await page.getByRole('tab', { name: 'Dashboard', selected: true }).waitFor()
  await page.locator('.check h3').first().waitFor()
  await page.locator('.code-box figcaption', { hasText: 'dashboard.json' }).waitFor()
  await keepScreenshot(page, 'entry-dashboard')
  await page.getByRole('tab', { name: 'Metrics' }).click()
  await page.getByRole('searchbox').fill('narthex_http')
  await page.getByRole('rowheader', { name: 'narthex_http_connections', exact: true }).waitFor()
  await keepScreenshot(page, 'entry-metrics')

  await page.getByRole('searchbox').press('Tab')
  await page.keyboard.press('u')
  await page.getByRole('heading', { name: 'Catalogue' }).waitFor()
  assert.equal(new URL(page.url()).search, '?search=narthex', 'as it was left')
  await until('the title', async () => (await page.title()) === 'Catalogue · narthex')
  await page.goBack()
  await page.getByRole('tab', { name: 'Metrics', selected: true }).waitFor()
  await page.reload()
  await page.getByRole('tab', { name: 'Metrics', selected: true }).waitFor()
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('what is copied is the file', { skip }, async () => {
  const { page } = await openPage(browser, `${hub.url}/catalogue/narthex?tab=rules`, {
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  const file = page.locator('.code-box', { has: page.getByText('alerts.yaml', { exact: true }) })
  await file.getByRole('button', { name: 'Copy' }).click()
  await file.getByRole('button', { name: 'Copied' }).waitFor()
  const reply = await fetch(`${hub.url}/api/v1/hub/entries/narthex`)
  const { data } = (await reply.json()) as { data: EntryDetail }
  assert.equal(await page.evaluate('navigator.clipboard.readText()'), data.files.alerts)
  await closePage(page)
})

test('an entry that is not there says so, and leads on', { skip }, async () => {
  const { page, faults } = await openPage(browser, `${hub.url}/catalogue/nothing`)
  await page.getByRole('heading', { name: 'no entry named nothing' }).waitFor()
  await page.getByRole('link', { name: 'To the catalogue' }).click()
  await rows(page).first().waitFor()
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('nothing of an entry runs', { skip }, async () => {
  const { page, faults } = await openPage(browser, `${hub.url}/registry`)
  const text = CORPUS.join('\n\n')
  await page.route('**/api/v1/hub/entries/narthex', async (route) => {
    const response = await route.fetch()
    const { data } = (await response.json()) as { data: EntryDetail }
    const attacked = {
      ...data,
      ...{ title: text, description: text, upstream: 'javascript:window.hit=1' },
      recognise: CORPUS,
      files: { ...data.files, readme: `# ${text}\n\n| a |\n|---|\n| ${CORPUS[0]} |\n\n- ${text}` },
      rules: CORPUS.map((name) => ({ ...data.rules[0], name, summary: name, expr: name })),
      panels: CORPUS.map((name) => ({ ...data.panels[0], title: name, row: name, exprs: [name] })),
      metrics: CORPUS.map((name) => ({ name, type: name, help: name })),
    }
    await route.fulfill({ response, json: { status: 'success', data: attacked } })
  })
  for (const tab of ['exporter', 'rules', 'dashboard', 'metrics']) {
    await page.goto(`${hub.url}/catalogue/narthex?tab=${tab}`)
    await page.getByText(CORPUS[1]).first().waitFor()
    assert.equal(await page.evaluate('window.hit'), undefined)
    assert.equal(await page.locator('main :is(img, script, iframe)').count(), 0)
    const hrefs = await page.evaluate<string[]>(
      '[...document.querySelectorAll("main a")].map((link) => link.href)',
    )
    assert.deepEqual(
      hrefs.filter((href) => !/^https?:/.test(href)),
      [],
    )
  }
  await keepScreenshot(page, 'entry-attack')
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('the registry lists groups and services, and a group its targets', { skip }, async () => {
  const { page, faults } = await openPage(browser, `${hub.url}/registry`)
  const group = page.getByRole('row', { name: /^web/ })
  await group.getByRole('cell', { name: '2', exact: true }).first().waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type('we')
  await page.waitForURL('**/registry?search=we')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.getByRole('rowheader', { name: 'web-1:9100' }).waitFor()
  assert.equal(new URL(page.url()).pathname, '/registry/groups/web')
  await page.keyboard.press('u')
  await page.waitForURL('**/registry?search=we')
  await page.getByRole('searchbox').fill('no such group')
  await page.getByText('No group matches').waitFor()
  await page.getByRole('button', { name: 'Show all' }).click()
  await group.waitFor()
  await keepScreenshot(page, 'registry')
  await page.getByRole('tab', { name: 'Services' }).click()
  await page.getByRole('link', { name: 'My서비스' }).click()
  await page.getByRole('heading', { name: 'My서비스' }).waitFor()
  await page.locator('.chip', { hasText: 'db_name=프라이머리' }).waitFor()
  await page.locator('.chip', { hasText: 'mysqld :9104' }).first().waitFor()
  await keepScreenshot(page, 'registry-service')
  await page.reload()
  await page.getByRole('heading', { name: 'My서비스' }).waitFor()
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('what is typed the moment a list appears is kept', { skip }, async () => {
  const { page, faults } = await openPage(browser, `${hub.url}/registry/groups/web`)
  await page.getByRole('rowheader', { name: 'web-1:9100' }).waitFor()
  await page.evaluate(`new MutationObserver((changes, observer) => {
    const field = document.querySelector('.page-filter')
    if (field === null) return
    observer.disconnect()
    field.value = 'no such group'
    field.dispatchEvent(new Event('input', { bubbles: true }))
  }).observe(document.body, { childList: true, subtree: true })`)
  await page.keyboard.press('u')
  await page.getByText('No group matches').waitFor()
  await page.waitForURL('**/registry?search=no+such+group')
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('a new group is written; what the server refuses is marked where it stands', {
  skip,
}, async () => {
  const { page, faults } = await openPage(browser, `${hub.url}/registry`)
  await page.getByRole('button', { name: 'New group' }).click()
  await page.getByRole('textbox', { name: 'Name' }).fill('a/b')
  await page.keyboard.press('Enter')
  await page.getByText('A name has no slash').waitFor()
  await page.getByRole('textbox', { name: 'Name' }).fill('새 group')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: '새 group' }).waitFor()
  await page.getByText('not there yet').waitFor()

  const write = async (text: string): Promise<void> => {
    await page.locator('.cm-content').click()
    await replaceText(page, text)
    await page.keyboard.press('Control+s')
  }
  await write('[{"targets": ["a:1"]')
  await page.getByRole('alert').getByText('wanted a comma').waitFor()
  await write('[\n  {"targets": ["a:1", "http://b/metrics"], "labels": {"db-name": "x"}}\n]')
  const problems = page.getByRole('alert', { name: 'Problems' })
  await problems.getByText('2 problems').waitFor()
  await problems.getByText('[0].labels.db-name').waitFor()
  await page.locator('.cm-lintRange-error', { hasText: 'http://b/metrics' }).waitFor()
  await page.locator('.cm-lintRange-error', { hasText: 'db-name' }).waitFor()
  await problems.getByRole('button', { name: /\[0\]\.targets\[1\]/ }).click()
  const selected = await page.evaluate<string>(
    'document.querySelector(".document-editor").shadowRoot.getSelection?.().toString() ?? getSelection().toString()',
  )
  assert.equal(selected, '"http://b/metrics"')
  await keepScreenshot(page, 'registry-problems')
  await write('[\n  {"targets": ["a:1", "b:2"], "labels": {"team": "x"}}\n]')
  await page.getByRole('tab', { name: 'Targets', selected: true }).waitFor()
  await page.getByRole('rowheader', { name: 'b:2' }).waitFor()
  const path = `${hub.url}/api/v1/sd/groups/${encodeURIComponent('새 group')}`
  assert.deepEqual(await (await fetch(path)).json(), [
    { targets: ['a:1', 'b:2'], labels: { team: 'x' } },
  ])
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('two people at one group: the second is told, and nothing is lost', { skip }, async () => {
  await put('groups/shared', [{ targets: ['a:1'] }])
  const { page, faults } = await openPage(browser, `${hub.url}/registry/groups/shared?tab=edit`)
  await page.locator('.cm-content').click()
  await put('groups/shared', [{ targets: ['b:1'] }])
  await replaceText(page, '[{"targets": ["mine:1"]}]')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('alert').getByText('load the page again').waitFor()
  await page.locator('.cm-content', { hasText: 'mine:1' }).waitFor()
  const kept = await fetch(`${hub.url}/api/v1/sd/groups/shared`)
  assert.deepEqual(await kept.json(), [{ targets: ['b:1'] }])
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('history shows what a change did, and leads back, also after a deletion', {
  skip,
}, async () => {
  const { page, faults } = await openPage(browser, `${hub.url}/registry/groups/web?tab=history`)
  const versions = page.locator('.history > li')
  await versions.first().locator('summary').click()
  await page.getByRole('list', { name: '1 targets came' }).getByText('web-3:9100').waitFor()
  await page.getByRole('list', { name: '2 targets went' }).getByText('web-2:9100').waitFor()
  await keepScreenshot(page, 'registry-history')

  await page.getByRole('tab', { name: 'Edit' }).click()
  await page.getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('dialog', { name: 'Delete the group web?' }).waitFor()
  await keepScreenshot(page, 'registry-delete')
  await page.getByRole('button', { name: 'Keep it' }).click()
  await page.getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('heading', { name: 'Registry' }).waitFor()
  await until(
    'the group to go',
    async () => (await page.getByRole('link', { name: 'web' }).count()) === 0,
  )

  await page.goto(`${hub.url}/registry/groups/web?tab=history`)
  await page.locator('.badge', { hasText: 'deleted' }).first().waitFor()
  await page.getByRole('button', { name: 'Back to this, version 1' }).click()
  await page.getByRole('button', { name: 'Go back', exact: true }).click()
  await page.locator('.history .badge', { hasText: 'taken back' }).waitFor()
  await page.getByRole('tab', { name: 'Targets' }).click()
  await page.getByRole('rowheader', { name: '[2001:db8::1]:9104' }).waitFor()
  await keepScreenshot(page, 'registry-group')
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('leases are shown as long as they last, and how to hold one', { skip }, async () => {
  const { page, faults } = await openPage(browser, `${hub.url}/registry?section=leases`)
  await page.getByText(`curl -X PUT ${hub.url}/api/v1/sd/leases/$(hostname)`).waitFor()
  await keepScreenshot(page, 'registry-leases-none')
  const lease = { group: 'hosts', target: 'own:9100', labels: { job: 'node' }, ttl: '60s' }
  await fetch(`${hub.url}/api/v1/sd/leases/own`, { method: 'PUT', body: JSON.stringify(lease) })
  const row = page.getByRole('row', { name: /own:9100 own hosts job=node/ })
  await row.getByText(/^\d+ s$/).waitFor()
  await keepScreenshot(page, 'registry-leases')
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('consumers are shown with what they got', { skip }, async () => {
  const { page, faults } = await openPage(browser, `${hub.url}/registry?section=consumers`)
  const row = page.getByRole('row', { name: /127\.0\.0\.1.*Prometheus\/2\.42\.0/ })
  await row.getByText('/sd/http/node').waitFor()
  await row.getByText('15 s').waitFor()
  await row.getByText(/\d+ targets/).waitFor()
  await keepScreenshot(page, 'registry-consumers')
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('the scrape configuration is there to be copied, for each consumer', { skip }, async () => {
  const { page, faults } = await openPage(browser, `${hub.url}/registry`)
  await page.getByRole('button', { name: 'Scrape configuration' }).click()
  const dialog = page.getByRole('dialog', { name: 'Scrape configuration' })
  await dialog.getByText(`- url: "${hub.url}/sd/http"`).waitFor()
  await keepScreenshot(page, 'registry-scrape-config')
  await dialog.getByRole('tab', { name: 'vmagent' }).click()
  await dialog.getByText(/-promscrape\.httpSDCheckInterval=\d+s/).waitFor()
  await dialog.getByRole('textbox', { name: 'Only the job' }).fill('mysqld')
  await dialog.getByText(`- url: "${hub.url}/sd/http/mysqld"`).waitFor()
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'hidden' })
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('the server that is away, and what is loading, are shown', { skip }, async () => {
  const { page } = await openPage(browser, `${hub.url}/status`)
  await page.route('**/api/v1/hub/entries', async (route) => {
    await page.locator('.catalogue-skeleton').waitFor()
    await route.fulfill({
      status: 500,
      json: { status: 'error', errorType: 'internal', error: 'cannot list entries: no' },
    })
  })
  await page.getByRole('link', { name: 'Catalogue', exact: true }).click()
  await page.getByRole('alert').getByText('cannot list entries: no').waitFor()
  await closePage(page)
})

for (const [name, path, isThere] of [
  ['catalogue', '/catalogue', (page: Page) => rows(page).first().waitFor()],
  ['entry text', '/catalogue/narthex', (page: Page) => page.locator('.markdown').waitFor()],
  [
    'entry rules',
    '/catalogue/narthex?tab=rules',
    (page: Page) => page.locator('.check').first().waitFor(),
  ],
  [
    'entry dashboard',
    '/catalogue/narthex?tab=dashboard',
    (page: Page) => page.locator('.check').first().waitFor(),
  ],
  ['entry metrics', '/catalogue/narthex?tab=metrics', (page: Page) => rows(page).first().waitFor()],
  ['registry groups', '/registry', (page: Page) => rows(page).first().waitFor()],
  [
    'registry consumers',
    '/registry?section=consumers',
    (page: Page) => rows(page).first().waitFor(),
  ],
  [
    'registry one service',
    '/registry/services/My서비스',
    (page: Page) => rows(page).first().waitFor(),
  ],
  [
    'registry edit',
    '/registry/services/My서비스?tab=edit',
    (page: Page) => page.locator('.cm-content').waitFor(),
  ],
  [
    'registry history',
    '/registry/groups/web?tab=history',
    (page: Page) => page.locator('.history').waitFor(),
  ],
] as const) {
  test(`axe finds nothing in either scheme, nothing sticks out: ${name}`, { skip }, async () => {
    await checkAccess(browser, hub.url + path, name, isThere)
  })
}

test('the first bytes are few: the shell and the catalogue', { skip }, async () => {
  const { page, wireBytes } = await openPage(browser, `${hub.url}/catalogue`)
  await rows(page).first().waitFor()
  assert.ok(wireBytes() <= SHELL_BYTES_MAX, `${wireBytes()} bytes`)
  await closePage(page)
})

test('what lies below a page is found behind the prefix of a proxy, too', { skip }, async (t) => {
  const prefix = '/behind/a/proxy'
  const strays: string[] = []
  const proxy = createServer((request, reply) => {
    const path = request.url ?? ''
    if (!path.startsWith(`${prefix}/`)) strays.push(path)
    fetch(`${hub.url}/${path.slice(prefix.length + 1)}`).then(
      async (answer) => {
        const type = answer.headers.get('content-type') ?? 'text/plain'
        reply.writeHead(answer.status, { 'content-type': type })
        reply.end(Buffer.from(await answer.arrayBuffer()))
      },
      () => reply.destroy(),
    )
  })
  t.after(() => {
    proxy.closeAllConnections()
    proxy.close()
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const { port } = proxy.address() as AddressInfo
  const start = `http://127.0.0.1:${port}${prefix}`
  const { page, faults } = await openPage(browser, `${start}/registry/groups/web`)
  await page.getByRole('heading', { name: 'web' }).waitFor()
  await page.getByRole('link', { name: 'Catalogue', exact: true }).click()
  await page.getByRole('link', { name: 'narthex', exact: true }).click()
  await page.getByRole('tab', { name: 'Metrics' }).click()
  assert.equal(page.url(), `${start}/catalogue/narthex?tab=metrics`)
  await page.reload()
  await page.getByRole('tab', { name: 'Metrics', selected: true }).waitFor()
  await page.getByRole('link', { name: 'Registry', exact: true }).click()
  await page.getByRole('link', { name: 'web' }).waitFor()
  assert.deepEqual(strays, [])
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('a long list comes in parts', { skip }, async () => {
  const names = Array.from({ length: 120 }, (_, i) => `many-${String(i).padStart(3, '0')}`)
  const groups = Object.fromEntries(names.map((name) => [name, [{ targets: [`${name}:1`] }]]))
  const reply = await fetch(`${hub.url}/api/v1/sd/import`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(groups),
  })
  assert.equal(reply.status, 200, await reply.text())
  const { page, faults } = await openPage(browser, `${hub.url}/registry?search=many`)
  await page.getByText('1 to 100 of 120').waitFor()
  await page.getByRole('button', { name: 'Later' }).click()
  await page.getByText('101 to 120 of 120').waitFor()
  await page.getByRole('link', { name: 'many-119' }).click()
  await page.getByRole('rowheader', { name: 'many-119:1' }).waitFor()
  await page.goBack()
  await page.getByText('101 to 120 of 120').waitFor()
  assert.equal(new URL(page.url()).search, '?search=many&page=2')
  assert.deepEqual(faults, [])
  await closePage(page)
})
