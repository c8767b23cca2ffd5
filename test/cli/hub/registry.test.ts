/** The tools that work on targets: the same over the API of a hub and on its records. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { systemClock } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/log.ts'
import { Metrics } from '../../../src/base/metrics.ts'
import { HUB_TOOLS } from '../../../src/cli/hub/tools.ts'
import { FollowedRegistry } from '../../../src/hub/registry/registry.ts'
import { openRecords } from '../../../src/records/records.ts'
import { registryRoutes } from '../../../src/serve/hub/routes.ts'
import { EDIT_WORKER, LIMITS } from '../../hub/registry/world.ts'
import { serve } from '../../net/server/support.ts'
import { temporaryFolder } from '../../support/processes.ts'
import { runTool, type ToolRun } from './run.ts'

const folder = temporaryFolder('hubtools')
const room = { clock: systemClock, log: silentLog, metrics: new Metrics() }
const records = await openRecords({ path: folder.path, url: undefined, ...room })
const registry = new FollowedRegistry({
  ...{ records: records.registry, limits: LIMITS, workerFile: EDIT_WORKER },
  ...room,
})
const server = await serve({ routes: registryRoutes(registry) })
after(async () => {
  await server.server.stop()
  await registry.stop()
  await records.stop()
  folder.remove()
})

const tools = (
  await Promise.all(['groups', 'services', 'leases', 'changes'].map((word) => HUB_TOOLS[word]()))
).flat()

function file(name: string, text: string): string {
  const path = join(folder.path, name)
  writeFileSync(path, text)
  return path
}

const run = (...argv: readonly string[]): Promise<ToolRun> => runTool(tools, argv)

/** Without times, and without who did it: the hub sees an address, the records a user. */
function plain(text: string): string {
  return text
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:]+Z/g, 'TIME')
    .replaceAll(/ {2}(?:127\.0\.0\.1|\S+ \(command line\))$/gm, '')
    .replaceAll(/change \d+/g, 'change N')
    .replaceAll(/ {2,}/g, '  ')
}

for (const [place, flag] of [
  ['a hub that runs', `--url=http://127.0.0.1:${server.port}`],
  ['its records', `--storage.path=${folder.path}`],
] as const) {
  describe(place, () => {
    test('groups are taken from a file, listed, shown, compared and taken back', async () => {
      const csv = 'group,target,env\nweb,h:1,a\nweb,h:1,a\ndb,h:2,"b,c"\n'
      const path = file('targets.csv', csv)
      const plan = await run('groups', 'import', path, '--dry-run', flag)
      assert.equal(
        plan.out,
        [
          '+ group web: 1 come, 0 go',
          '    + h:1 {env="a"}',
          '+ group db: 1 come, 0 go',
          '    + h:2 {env="b,c"}',
        ].join('\n'),
      )
      assert.equal((await run('groups', 'list', flag)).out, '')
      const taken = await run('groups', 'import', path, flag)
      assert.deepEqual([taken.code, taken.out.split('\n')[1]], [0, 'kept once: h:1'])
      const listed = await run('groups', 'list', '--search=h:2', flag)
      assert.match(plain(listed.out), /^db {2}version \d+ {2}1 target {2}TIME$/)
      const shown = await run('groups', 'show', 'web', flag)
      assert.deepEqual(JSON.parse(shown.out), [{ targets: ['h:1'], labels: { env: 'a' } }])
      const relabelled = await run(
        ...['groups', 'relabel', 'web', 'db', '--set=env=x,y', '--set=team=t', flag],
      )
      assert.equal(relabelled.code, 0, relabelled.err)
      const [newest] = (await run('groups', 'history', 'web', flag)).out.split('\n')
      const version = /^version (\d+)/.exec(newest)?.[1] ?? ''
      assert.equal(
        (await run('groups', 'diff', 'web', version, flag)).out,
        '    - h:1 {env="a"}\n    + h:1 {env="x,y", team="t"}',
      )
      const before = String(Number(version) - 1)
      assert.equal((await run('groups', 'undo', 'web', before, flag)).code, 0)
      const again = await run('groups', 'show', 'web', flag)
      assert.equal(again.out, shown.out)
    })

    test('several go at once, and one step brings them back', async () => {
      const gone = await run('groups', 'delete', 'web', 'db', flag)
      assert.equal(gone.out, 'web is gone\ndb is gone')
      const listed = await run('changes', 'list', '--limit=1', flag)
      assert.match(
        plain(listed.out),
        /^change N {2}TIME\n {2}delete group db: .*\n {2}delete group web: .*$/,
      )
      const change = /^change (\d+)/.exec(listed.out)?.[1] ?? ''
      const undone = await run('changes', 'undo', change, flag)
      assert.equal(undone.code, 0, undone.err)
      const path = file('none.yaml', '{}')
      const whole = await run('groups', 'import', '--whole', path, flag)
      assert.equal(whole.code, 0, whole.err)
      assert.equal((await run('groups', 'list', flag)).out, '')
    })

    test('a service is put as YAML, and an export is an import', async () => {
      const text = 'nodes:\n- host: h\n  exporters: [{job: node, port: 9100}]\n'
      const put = await run('services', 'put', 's', file('s.yml', text), flag)
      assert.match(put.out, /^service s is version \d+ with 1 target$/)
      const to = join(folder.path, 'out.json')
      assert.equal((await run('services', 'export', `--to=${to}`, flag)).out, to)
      const plan = await run('services', 'import', to, '--dry-run', flag)
      assert.equal(plan.out, '  1 stay as they are')
      assert.equal((await run('services', 'delete', 's', flag)).code, 0)
    })

    test('a lease is held, listed and taken away, which is told', async () => {
      const held = await run(
        ...['leases', 'put', 'k', '--group=g', '--target=h:7', '--label=a=b,c', '--ttl=1m', flag],
      )
      assert.match(plain(held.out), /^k counts until TIME$/)
      const listed = await run('leases', 'list', flag)
      assert.match(plain(listed.out), /^k {2}g {2}h:7 {2}until TIME {2}\{a="b,c"\}$/)
      assert.equal((await run('leases', 'delete', 'k', flag)).out, 'k is gone')
      const told = await run('changes', 'list', '--limit=2', '--search=h:7', flag)
      assert.deepEqual(
        plain(told.out)
          .split('\n')
          .filter((line) => line.startsWith(' ')),
        ['  lease k left: h:7 of g', '  lease k came: h:7 of g'],
      )
    })

    test('every problem of a file is told by row and field, and nothing is taken', async () => {
      const path = file('bad.csv', 'group,target\nweb,h\n/,http://x:1\n')
      const { code, out, err } = await run('groups', 'import', path, flag)
      assert.deepEqual([code, out], [1, ''])
      assert.deepEqual(
        err.split('\n').map((line) => line.split(':')[0]),
        ['[2].target', '[3].group', '[3].target'],
      )
      const lease = await run('leases', 'put', 'k', '--group=g', '--target=h', flag)
      assert.deepEqual([lease.code, /^target: "h" has no port/.test(lease.err)], [1, true])
    })

    test('what is not there, and what somebody changed, is one line', async () => {
      const none = await run('groups', 'show', 'none', flag)
      assert.equal(none.code, 1)
      assert.match(none.err, /^narthex hub groups show: cannot find group "none": it is not there/)
      await run('groups', 'put', 'seen', file('g.json', '[]'), flag)
      const late = await run(
        'groups',
        'put',
        'seen',
        file('g.json', '[]'),
        '--seen-version=0',
        flag,
      )
      assert.equal(late.code, 1)
      assert.match(late.err, /it is version \d+, you have seen 0/)
      await run('groups', 'delete', 'seen', flag)
    })
  })
}

test('wrong usage is one line and exit code 2', async () => {
  const url = `--url=http://127.0.0.1:${server.port}`
  for (const [argv, reason] of [
    [['groups', 'list', url, `--storage.path=${folder.path}`], /wanted one of them/],
    [['groups', 'list', '--url=ftp://x'], /wanted http/],
    [['groups', 'relabel', 'web', url], /wanted --set or --remove/],
    [['groups', 'relabel', 'web', '--set=x', url], /wanted label=value/],
    [['groups', 'undo', 'web', 'first', url], /wanted a version/],
    [['groups', 'put', 'web', '/nowhere', url], /cannot read \/nowhere/],
    [['groups', 'import', file('x.json', '{'), '--format=xml', url], /wanted json, yaml or csv/],
    [['groups', 'put', 'web', file('y.yaml', 'a: ['), url], /cannot read YAML: /],
  ] as const) {
    const { code, err } = await run(...argv)
    assert.equal(code, 2, err)
    assert.match(err, reason)
    assert.equal(err.split('\n').length, 1)
  }
})

test('a word that calls no tool lists those there are', async () => {
  const wrong = await run('groups', 'rename')
  assert.equal(wrong.code, 2)
  assert.match(
    wrong.err,
    /^cannot run narthex hub groups rename: wanted\n {2}narthex hub groups list/,
  )
  const help = await run('groups', '--help')
  assert.deepEqual([help.code, help.err], [0, ''])
})

test('records that are not there are not made by looking for them', async () => {
  const { code, err } = await run('groups', 'list', `--storage.path=${folder.path}/none`)
  assert.equal(code, 1)
  assert.match(err, /records\.db: it is not there/)
})
