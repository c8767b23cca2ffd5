/** Edits of content by API: there after kill -9, the same on all hubs of a database, nowhere else. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { EntryDetail } from '../../src/model/catalogue.ts'
import { startPostgres } from '../support/postgres.ts'
import {
  missingComponents,
  startRole,
  type TestProcess,
  temporaryFolder,
  until,
} from '../support/processes.ts'

interface Answer {
  readonly status: number
  readonly body: {
    readonly data: never
    readonly error?: string
    readonly theirs?: { text: string }
  }
}

async function readme(hub: TestProcess): Promise<{ readonly text: string; readonly etag: string }> {
  const reply = await fetch(`${hub.url}/api/v1/hub/entries/node/files/README.md`)
  const { data } = (await reply.json()) as { data: { text: string } }
  return { text: data.text, etag: reply.headers.get('etag') ?? '' }
}

async function put(hub: TestProcess, path: string, text: string, etag: string): Promise<Answer> {
  const reply = await fetch(`${hub.url}/api/v1/hub/entries/${path}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', 'if-match': etag },
    body: JSON.stringify({ text, summary: 'by a test' }),
  })
  return { status: reply.status, body: (await reply.json()) as Answer['body'] }
}

async function shown(hub: TestProcess): Promise<string> {
  const reply = await fetch(`${hub.url}/api/v1/hub/entries/node`)
  return ((await reply.json()) as { data: EntryDetail }).data.files.readme
}

test('what was answered is there after kill -9, and shown', { timeout: 120_000 }, async () => {
  const folder = temporaryFolder('edits-kill')
  const start = (): Promise<TestProcess> =>
    startRole('hub', [`--storage.path=${folder.path}`, '--log.level=error'])
  let hub = await start()
  try {
    for (let n = 0; n < 3; n++) {
      const { etag } = await readme(hub)
      const { status, body } = await put(hub, 'node/files/README.md', `# Edit ${n}\n`, etag)
      assert.equal(status, 200, body.error ?? '')
      await hub.kill()
      hub = await start()
      assert.equal((await readme(hub)).text, `# Edit ${n}\n`)
      await until('it is shown', async () => (await shown(hub)) === `# Edit ${n}\n`)
    }
    const cwd = join(folder.path, 'catalogue.git')
    execFileSync('git', ['fsck', '--strict'], { cwd, stdio: 'pipe' })
    const count = execFileSync('git', ['rev-list', '--count', 'main'], { cwd, encoding: 'utf8' })
    assert.equal(count.trim(), '3')
  } finally {
    await hub.kill()
    folder.remove()
  }
})

test('C32: no address of an edit leads out of the repository', async () => {
  const folder = temporaryFolder('edits-paths')
  const hub = await startRole('hub', [`--storage.path=${folder.path}/data`, '--log.level=error'])
  try {
    for (const path of [
      ...['..%2f..%2fout/files/README.md', '%2e%2e/files/README.md', 'node/files/..%2fREADME.md'],
      ...['node/files/..%2f..%2f..%2fout', 'node/files/.git%2fconfig', 'node/files/hooks'],
      ...['node%00/files/README.md', 'node/files/README.md%00', 'node%2fx/files/README.md'],
    ]) {
      const { status } = await put(hub, path, '# out\n', '"x"')
      assert.ok([400, 404].includes(status), `${status} for ${path}`)
    }
    assert.equal(existsSync(join(folder.path, 'out')), false)
    assert.equal(existsSync(join(folder.path, 'data/catalogue.git')), false)
    assert.deepEqual(readdirSync(folder.path), ['data'])
  } finally {
    await hub.kill()
    folder.remove()
  }
})

test('FIELD 1: two hubs of a database change content in one repository, and both show it', {
  skip: missingComponents('postgres', 'initdb', 'setpriv'),
  timeout: 120_000,
}, async () => {
  const folder = temporaryFolder('edits-shared')
  const url = join(folder.path, 'team.git')
  execFileSync('git', ['init', '-q', '--bare', '--initial-branch=main', url])
  const config = join(folder.path, 'hub.yml')
  writeFileSync(config, `narthex: {hub: {edits: {url: ${url}}}}\n`)
  const database = await startPostgres()
  await database.query(`create role keeper login password 'pw'`)
  await database.query('create database hub owner keeper')
  const start = (name: string, ...flags: readonly string[]): Promise<TestProcess> =>
    startRole('hub', [
      `--database.url=postgres://keeper:pw@127.0.0.1:${database.port}/hub`,
      ...[`--storage.path=${folder.path}/${name}`, '--log.level=error', ...flags],
    ])
  const one = await start('one', `--config.file=${config}`)
  const two = await start('two', `--config.file=${config}`)
  const reader = await start('reader')
  try {
    const before = await readme(one)
    const saved = await put(one, 'node/files/README.md', '# One\n', before.etag)
    assert.equal(saved.status, 200, saved.body.error ?? '')
    const late = await put(two, 'node/files/README.md', '# Two\n', before.etag)
    assert.equal(late.status, 409)
    assert.equal(late.body.theirs?.text, '# One\n')
    for (const hub of [one, two, reader]) {
      await until('every hub shows it', async () => (await shown(hub)) === '# One\n')
    }
    const again = await put(two, 'node/files/README.md', '# Two\n', (await readme(two)).etag)
    assert.equal(again.status, 200, again.body.error ?? '')
    await until('the other hub shows it', async () => (await shown(one)) === '# Two\n')

    await until('the reader shows it', async () => (await shown(reader)) === '# Two\n')
    assert.equal((await readme(reader)).text, '# Two\n')
    const refused = await put(reader, 'node/files/README.md', '# No\n', before.etag)
    assert.equal(refused.status, 403)
    assert.match(refused.body.error ?? '', /several hubs may share this database/)
  } finally {
    await Promise.all([one.kill(), two.kill(), reader.kill()])
    await database.stop()
    folder.remove()
  }
})
