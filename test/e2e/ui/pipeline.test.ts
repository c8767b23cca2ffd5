/** Sending, Senders and the other pages of roles that pass samples on, in a real browser. */
import assert from 'node:assert/strict'
import { hostname } from 'node:os'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { missingComponents, until } from '../../support/processes.ts'
import { checkAccess } from './access.ts'
import { closePage, keepScreenshot, openPage, startBrowser } from './browser.ts'
import { DESTINATIONS, type Pipeline, startPipeline } from './pipeline.ts'
import { longestTaskMs } from './tasks.ts'

/** The bounds of the design. */
const SHELL_BYTES_MAX = 60 * 1024
const TASK_MS_MAX = 50
/** How often the pages ask. */
const POLL_MS = 5000

const skip = missingComponents('chromium', 'prometheus-node-exporter')
let site: Pipeline
let browser: Browser

before(async () => {
  if (skip !== undefined) return
  browser = await startBrowser()
  site = await startPipeline()
})
after(async () => {
  await Promise.all([browser?.close(), site?.stop()])
})

const card = (page: Page, name: string) => page.getByRole('region', { name: `Destination ${name}` })
const menu = (page: Page): Promise<string[]> =>
  page.getByRole('navigation', { name: 'Pages' }).getByRole('link').allInnerTexts()

/** Of the rooms of a hub inside `up`. */
const HUB_PAGES = ['Catalogue', 'Installed', 'Sources', 'Registry', 'Accounts']

test('each role shows the pages that it has, and begins with the first', { skip }, async () => {
  for (const [role, titles] of [
    [site.store, ['Explore', 'Targets', 'Sending', ...HUB_PAGES, 'Status']],
    [site.agent, ['Targets', 'Sending', 'Status']],
    [site.gateway, ['Senders', 'Sending', 'Status']],
  ] as const) {
    const { page, faults } = await openPage(browser, `${role.url}/`)
    // What only admins see is there once it is known who asks.
    await page.getByRole('link', { name: titles.at(-2) ?? '', exact: true }).waitFor()
    assert.deepEqual(await menu(page), titles)
    await page.locator('.nav a[aria-current="page"]', { hasText: titles[0] }).waitFor()
    await page.waitForLoadState('networkidle')
    assert.deepEqual(faults, [])
    await closePage(page)
  }
})

test('keys lead to the pages of the role, and the help lists those only', { skip }, async () => {
  const { page, faults } = await openPage(browser, `${site.agent.url}/`)
  await page.getByRole('heading', { name: 'Targets' }).waitFor()
  await page.keyboard.press('g')
  await page.keyboard.press('d')
  await page.getByRole('heading', { name: 'Sending' }).waitFor()
  assert.equal(new URL(page.url()).pathname, '/sending')
  await page.keyboard.press('?')
  await page.getByRole('heading', { name: 'Keys and gestures' }).waitFor()
  assert.equal(await page.locator('.help dd', { hasText: 'go to Explore' }).count(), 0)
  await page.locator('.help dd', { hasText: 'go to Sending' }).waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('link', { name: 'narthex, to Targets' }).click()
  await page.getByRole('heading', { name: 'Targets' }).waitFor()
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('an address that is no page of this role says so, and leads on', { skip }, async () => {
  const { page, faults } = await openPage(browser, `${site.agent.url}/sending`)
  await page.evaluate(
    "history.pushState(null, '', 'query?g0.expr=up'); history.pushState(null, '', 'x')",
  )
  await page.goBack()
  await page.getByRole('heading', { name: 'This role has no such page' }).waitFor()
  await keepScreenshot(page, 'no-such-page')
  await page.getByRole('main').getByRole('link', { name: 'Status' }).click()
  await page.getByRole('heading', { name: 'Status' }).waitFor()
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('destinations: one takes all, one is dead, and what was received adds up', {
  skip,
}, async () => {
  const { page, faults } = await openPage(browser, `${site.agent.url}/sending`)
  const alive = card(page, DESTINATIONS.alive)
  const dead = card(page, DESTINATIONS.dead)
  await dead.locator('.badge', { hasText: 'retrying' }).waitFor()
  await dead.locator('.note.bad', { hasText: '127.0.0.1:1' }).waitFor()
  await alive.locator('.badge', { hasText: /sending|idle/ }).waitFor()
  assert.equal(
    await page.locator('[data-destination]').first().getAttribute('data-destination'),
    'dead',
  )
  for (const each of [alive, dead]) {
    const numbers = (await each.locator('.balance-text b').allInnerTexts()).map((text) =>
      Number(text.replaceAll(/\D/g, '')),
    )
    assert.equal(numbers.length, 4)
    assert.equal(numbers[0], numbers[1] + numbers[2] + numbers[3])
  }
  await until('a rate', async () =>
    /\d/.test((await alive.locator('.flow-rates strong').textContent()) ?? ''),
  )
  await alive.locator('.spark-line').waitFor({ state: 'attached' })
  await keepScreenshot(page, 'sending')
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('the filter of destinations is part of the address, and so is one of them', {
  skip,
}, async () => {
  const { page, faults } = await openPage(browser, `${site.agent.url}/sending?health=retrying`)
  await card(page, DESTINATIONS.dead).waitFor()
  assert.equal(await page.locator('[data-destination]').count(), 1)
  await page.getByRole('button', { name: /\d+ retrying/ }).click()
  await page.keyboard.press('/')
  await page.keyboard.type('gateway 중앙')
  await until('one card', async () => (await page.locator('[data-destination]').count()) === 1)
  assert.equal(new URL(page.url()).searchParams.get('search'), 'gateway 중앙')
  await card(page, DESTINATIONS.alive).getByRole('link', { name: DESTINATIONS.alive }).click()
  await page.locator('.destination.is-chosen').waitFor()
  assert.equal(decodeURIComponent(new URL(page.url()).hash), `#${DESTINATIONS.alive}`)
  await page.reload()
  await page.locator('.destination.is-chosen', { hasText: DESTINATIONS.alive }).waitFor()
  await page.getByRole('searchbox').fill('no such thing')
  await page.getByRole('button', { name: 'Show all' }).click()
  await until('both', async () => (await page.locator('[data-destination]').count()) === 2)
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('without destinations the page says what to write', { skip }, async () => {
  const { page, faults } = await openPage(browser, `${site.store.url}/sending`)
  await page.getByText('Nothing leaves this process').waitFor()
  assert.match(
    (await page.locator('.code-box pre').textContent()) ?? '',
    /^remote_write:\n.*name.*\n.*url/,
  )
  await page.getByRole('button', { name: 'Copy' }).waitFor()
  await keepScreenshot(page, 'sending-none')
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('senders: who is there, how fast, how far behind; sorted as the address says', {
  skip,
}, async () => {
  const { page, faults } = await openPage(browser, `${site.gateway.url}/`)
  for (const name of ['edge-1', '서울-2']) {
    const row = page.getByRole('row', { name })
    await row.locator('.badge', { hasText: 'connected' }).waitFor()
    await row.getByText(/^(now|\d+ s ago)$/).waitFor()
    await row.getByText(/\d\/s$/).waitFor()
  }
  const names = (): Promise<string[]> => page.locator('.row-name').allInnerTexts()
  assert.deepEqual(await names(), ['edge-1', '서울-2'])
  await page.getByRole('button', { name: 'Name' }).click()
  assert.deepEqual(await names(), ['서울-2', 'edge-1'])
  assert.equal(new URL(page.url()).searchParams.get('order'), 'desc')
  await page
    .getByRole('columnheader', { name: 'Name' })
    .and(page.locator('[aria-sort="descending"]'))
    .waitFor()
  await page.getByRole('button', { name: 'Lag' }).click()
  await until('lag in the address', () => new URL(page.url()).searchParams.get('sort') === 'lag')
  await page.keyboard.press('/')
  await page.keyboard.type('서울')
  await until('one row', async () => (await page.locator('.row-name').count()) === 1)
  await page.reload()
  await page.getByRole('row', { name: '서울-2' }).waitFor()
  assert.equal(await page.locator('.row-name').count(), 1)
  await page.getByRole('searchbox').fill('')
  await keepScreenshot(page, 'senders')
  assert.deepEqual(faults, [])
  await closePage(page)
})

test('a gateway that nobody has sent to says how an agent begins', { skip }, async () => {
  const { page, faults } = await openPage(browser, `${site.gateway.url}/status`)
  await page.route('**/api/v1/status/senders', (route) =>
    route.fulfill({ json: { status: 'success', data: { senders: [] } } }),
  )
  await page.getByRole('link', { name: 'Senders', exact: true }).click()
  await page.getByText('Nobody has sent anything yet').waitFor()
  const example = page.locator('.code-box pre', {
    hasText: 'narthex agent --config.file=agent.yml',
  })
  await startAsShown((await example.textContent()) ?? '')
  await page
    .getByText(`narthex agent --remote-write.url=${site.gateway.url}/api/v1/write`)
    .waitFor()
  await keepScreenshot(page, 'senders-none')
  assert.deepEqual(faults, [])
  await closePage(page)
})

for (const [path, word] of [
  ['sending', 'destinations'],
  ['senders', 'senders'],
] as const) {
  test(`what cannot be loaded is said: ${path}`, { skip }, async () => {
    const { page } = await openPage(browser, `${site.gateway.url}/status`)
    await page.route(`**/api/v1/status/${word}`, (route) =>
      route.fulfill({
        status: 503,
        json: { status: 'error', errorType: 'unavailable', error: 'cannot answer: busy' },
      }),
    )
    await page.clock.install()
    await page.locator(`.nav a[href$="${path}"]`).click()
    await page.getByRole('alert').getByText('cannot answer: busy').waitFor()
    await page.unroute(`**/api/v1/status/${word}`)
    await page.clock.fastForward(POLL_MS)
    await page.getByRole('alert').waitFor({ state: 'detached' })
    await page.route(`**/api/v1/status/${word}`, (route) => route.abort())
    await page.clock.fastForward(POLL_MS)
    await page.locator('.away').waitFor()
    await closePage(page)
  })
}

test('status of an agent and of a gateway has no section of a store', { skip }, async () => {
  for (const [name, { url }] of [
    ['agent', site.agent],
    ['gateway', site.gateway],
  ] as const) {
    const { page, faults } = await openPage(browser, `${url}/status`)
    await page.getByRole('row', { name: /^Started/ }).waitFor()
    assert.deepEqual(await page.locator('.status-card h2').allInnerTexts(), ['Process', 'Build'])
    assert.equal(await page.getByRole('tab', { name: 'Cardinality' }).count(), 0)
    await keepScreenshot(page, `status-of-${name}`)
    await page.getByRole('tab', { name: 'Flags' }).click()
    await page.getByText('--config.file').waitFor()
    await page.getByRole('tab', { name: 'Configuration' }).click()
    await page.locator('.config').getByText('remote_write').waitFor()
    assert.deepEqual(faults, [])
    await closePage(page)
  }
})

test('targets of an agent are shown without asking for samples that nobody keeps', {
  skip,
}, async () => {
  const { page, faults } = await openPage(browser, `${site.agent.url}/targets`)
  await page.getByText('1 / 1 up').waitFor()
  await page.waitForLoadState('networkidle')
  assert.equal(await page.getByRole('columnheader', { name: 'Samples' }).count(), 0)
  await keepScreenshot(page, 'targets-of-agent')
  assert.deepEqual(faults, [])
  await closePage(page)
})

/** Does what the page says in a shell: writes the file, starts the agent, and sees it arrive. */
async function startAsShown(example: string): Promise<void> {
  const config = /<<'END'\n(.*)\nEND\n/s.exec(example)?.[1] ?? ''
  const agent = await site.startAgent('as-shown', config)
  await until('the agent among the senders', async () => {
    const reply = await fetch(`${site.gateway.url}/api/v1/status/senders`)
    const body = (await reply.json()) as { data: { senders: { name: string; samples: number }[] } }
    return body.data.senders.some(({ name, samples }) => name === hostname() && samples > 0)
  })
  await agent.stop()
}

const PAGES: readonly (readonly [string, () => string, (page: Page) => Promise<void>])[] = [
  [
    'destinations',
    () => `${site.agent.url}/sending`,
    (page) => page.locator('.spark-line').first().waitFor({ state: 'attached' }),
  ],
  [
    'no destinations',
    () => `${site.store.url}/sending`,
    (page) => page.locator('.code-box').waitFor(),
  ],
  [
    'sender list',
    () => `${site.gateway.url}/senders`,
    (page) =>
      page
        .getByText(/\d\/s$/)
        .first()
        .waitFor(),
  ],
  [
    'gateway status',
    () => `${site.gateway.url}/status`,
    (page) => page.locator('.tile').first().waitFor(),
  ],
]

for (const [name, address, isThere] of PAGES) {
  test(`axe finds nothing in either scheme, nothing sticks out: ${name}`, { skip }, async () => {
    await checkAccess(browser, address(), name, isThere)
  })
}

test('the first bytes are few, and no task is long, with many senders', { skip }, async () => {
  const { page, wireBytes } = await openPage(browser, `${site.gateway.url}/sending`)
  await page.locator('[data-destination]').waitFor()
  assert.ok(wireBytes() <= SHELL_BYTES_MAX, `the shell takes ${wireBytes()} bytes`)
  const senders = Array.from({ length: 2000 }, (_, i) => ({
    name: `edge-${i}`,
    address: `10.0.${i >> 8}.${i & 255}:4000`,
    version: '0.4.0',
    tenant: '',
    protocol: 'stream',
    isConnected: i % 7 !== 0,
    lastSeen: new Date(Date.now() - i * 1000).toISOString(),
    series: i,
    samples: i * 1000,
    refused: i % 5 === 0 ? { too_old: i } : {},
    lastError: '',
    lagSeconds: i / 10,
  }))
  await page.route('**/api/v1/status/senders', (route) =>
    route.fulfill({ json: { status: 'success', data: { senders } } }),
  )
  const longestMs = await longestTaskMs(browser, page, async () => {
    await page.getByRole('link', { name: 'Senders', exact: true }).click()
    await page.getByRole('button', { name: /Show more; 1\D900 are left/ }).waitFor()
    await page.getByRole('button', { name: 'Lag' }).click()
    await page.getByRole('searchbox').fill('edge-19')
    await page.getByText('edge-1950').waitFor()
    await page.getByRole('searchbox').fill('')
    await page.getByRole('link', { name: 'Sending', exact: true }).click()
    await page.locator('[data-destination]').waitFor()
  })
  assert.ok(longestMs > 0 && longestMs <= TASK_MS_MAX, `the longest task takes ${longestMs} ms`)
  await closePage(page)
})

test('a sender that is gone is away, and stays in the list', { skip }, async () => {
  await site.other.stop()
  const { page, faults } = await openPage(browser, `${site.gateway.url}/senders`)
  await page.getByRole('row', { name: '서울-2' }).getByText('away').waitFor()
  await page.getByRole('button', { name: /\d+ away/ }).click()
  await page.getByText('edge-1', { exact: true }).waitFor({ state: 'detached' })
  await page.getByRole('row', { name: '서울-2' }).waitFor()
  assert.equal(new URL(page.url()).searchParams.get('connected'), 'no')
  assert.deepEqual(faults, [])
  await closePage(page)
})
