/** The tools that keep users and tokens: the same over the API of a hub and on its records. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { systemClock } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/log.ts'
import { Metrics } from '../../../src/base/metrics.ts'
import { HUB_TOOLS } from '../../../src/cli/hub/tools.ts'
import { HubAccounts } from '../../../src/hub/accounts/accounts.ts'
import { openRecords } from '../../../src/records/records.ts'
import { accountRoutes } from '../../../src/serve/hub/accounts.ts'
import { LIMITS } from '../../hub/accounts/world.ts'
import { serve } from '../../net/server/support.ts'
import { temporaryFolder } from '../../support/processes.ts'
import { runTool, type ToolRun } from './run.ts'

const PASSWORD = 'canary-correct-horse'

const folder = temporaryFolder('accounttools')
const passwordFile = join(folder.path, 'password')
writeFileSync(passwordFile, `${PASSWORD}\n`)
const tools = (await Promise.all(['users', 'tokens'].map((word) => HUB_TOOLS[word]()))).flat()

async function run(...argv: readonly string[]): Promise<ToolRun> {
  const ran = await runTool(tools, argv)
  assert.ok(!`${ran.out}${ran.err}`.includes(PASSWORD), 'C28: no tool prints a password')
  return ran
}

const room = { clock: systemClock, log: silentLog, metrics: new Metrics() }
const records = await openRecords({ path: join(folder.path, 'hub'), url: undefined, ...room })
const accounts = new HubAccounts({
  ...{ records: records.accounts, limits: LIMITS, ...room },
  alwaysAsks: () => false,
  hasOtherAdmin: () => false,
})
const server = await serve({ routes: accountRoutes(accounts) })
after(async () => {
  await server.server.stop()
  await accounts.stop()
  await records.stop()
  folder.remove()
})

for (const [name, place] of [
  ['over the API', `--url=http://127.0.0.1:${server.port}`],
  ['on records that are made by the first user', `--storage.path=${join(folder.path, 'new')}`],
] as const) {
  describe(name, () => {
    const password = `--password-file=${passwordFile}`

    test('users are added, listed, changed and removed', async () => {
      const early = await run('users', 'add', 'bob', password, place)
      assert.equal(early.code, 1)
      assert.match(early.err, /no user would have the role admin/)
      const added = await run('users', 'add', 'anne', '--role=admin', password, place)
      assert.deepEqual([added.code, added.out], [0, 'anne may log in as admin'], added.err)
      assert.match((await run('users', 'add', 'anne', password, place)).err, /is there already/)
      assert.equal((await run('users', 'add', 'bob', password, place)).code, 0)
      const changed = await run('users', 'change', 'bob', '--role=editor', place)
      assert.equal(changed.out, 'bob may log in as editor')
      const { out } = await run('users', 'list', place)
      assert.match(
        out,
        /^anne {2}admin {3}changed \S+Z by .+\nbob {3}editor {2}changed \S+Z by .+$/,
      )
      const wrong = await run('users', 'change', 'bob', place)
      assert.deepEqual([wrong.code, wrong.out], [2, ''])
      assert.equal((await run('users', 'add', 'a', '--role=root', password, place)).code > 0, true)
      assert.equal((await run('users', 'remove', 'bob', place)).out, 'bob is gone')
      assert.equal((await run('users', 'remove', 'bob', place)).code, 1)
      assert.match((await run('users', 'remove', 'anne', place)).out, /anne is gone/)
    })

    test('a token is printed once, alone, and works until it is revoked', async () => {
      await run('users', 'add', 'anne', '--role=admin', password, place)
      const { out: token } = await run('tokens', 'add', 'ci', '--expires=90d', place)
      assert.match(token, /^narthex_[\w-]{43}$/)
      const { out } = await run('tokens', 'list', place)
      assert.match(out, /^ci {2}viewer {2}never used {2}ends \S+Z$/)
      assert.ok(!out.includes(token))
      assert.equal((await run('tokens', 'revoke', 'ci', place)).out, 'ci is gone')
      assert.equal((await run('tokens', 'list', place)).out, '')
    })
  })
}

test('what is done on the records stands in their audit log', async () => {
  const opened = await openRecords({ path: join(folder.path, 'new'), url: undefined, ...room })
  const all = { text: '', failed: false, beforeId: 0, count: 3 }
  const entries = (await opened.audit.entries(all)).map(({ who, action, object, address }) => [
    ...[/ \(command line\)$/.test(who), action, object, address],
  ])
  await opened.stop()
  assert.deepEqual(entries, [
    [true, 'narthex hub tokens revoke', 'ci', ''],
    [true, 'narthex hub tokens add', 'ci', ''],
    [true, 'narthex hub users add', 'anne', ''],
  ])
})

test('records are not made by looking for what is in them', async () => {
  const { code, err } = await run('users', 'list', `--storage.path=${join(folder.path, 'none')}`)
  assert.equal(code, 1)
  assert.match(err, /it is not there, start a hub first/)
})
