/** Every command of docs/discovery.md, as a reader copies it, against a hub of its own. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ROOT, startRole, temporaryFolder } from '../support/processes.ts'

const PAGE = readFileSync(join(ROOT, 'docs/discovery.md'), 'utf8')
/** Where the page says that the hub is. */
const PLACE = 'http://127.0.0.1:9395'

const blocks = [...PAGE.matchAll(/^```(sh|csv)\n(.*?)^```$/gms)].map(([, kind, text]) => ({
  kind,
  text,
}))

test('the commands of docs/discovery.md do what the page says', { timeout: 60_000 }, async (t) => {
  const folder = temporaryFolder('commands')
  const work = join(folder.path, 'work')
  mkdirSync(work)
  const hub = await startRole('hub', [`--storage.path=${join(folder.path, 'hub')}`])
  t.after(async () => {
    await hub.stop()
    folder.remove()
  })
  const csv = blocks.find(({ kind }) => kind === 'csv')?.text ?? ''
  writeFileSync(join(work, 'targets.csv'), csv)
  const commands = blocks.filter(({ kind, text }) => kind === 'sh' && text.includes('curl'))
  assert.ok(commands.length >= 6)
  const said: string[] = []
  for (const { text } of commands) {
    const script = text.replaceAll(PLACE, hub.url).replaceAll(/^curl /gm, 'curl -sSf ')
    const { status, stdout, stderr } = spawnSync('sh', ['-e'], {
      ...{ input: script, cwd: work, encoding: 'utf8' },
    })
    assert.equal(status, 0, `${text}\n${stderr}\n${stdout}`)
    said.push(stdout)
  }
  const list = JSON.parse(said[1]) as { targets: string[]; labels: Record<string, string> }[]
  assert.equal(list.flatMap(({ targets }) => targets).length, 6)
  assert.deepEqual(new Set(list.map(({ labels }) => labels.service_name)), new Set(['My서비스']))
  for (const name of ['prometheus', 'vmagent', 'narthex']) {
    assert.match(readFileSync(join(work, `${name}.yml`), 'utf8'), /\/sd\/http"/)
  }
  const left = (await (await fetch(`${hub.url}/sd/http`)).json()) as { targets: string[] }[]
  assert.deepEqual(
    left.map(({ targets }) => targets),
    [['10.0.1.1:80', '10.0.1.2:80'], ['10.0.1.7:80']],
  )
})
