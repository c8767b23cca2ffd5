/** FIELD 1: two hubs on one database keep showing their catalogue whatever becomes of a content source. */
import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { startGitServer } from '../support/githttp.ts'
import { startGitHub } from '../support/githubserver.ts'
import { startPostgres } from '../support/postgres.ts'
import {
  missingComponents,
  ROOT,
  startRole,
  type TestProcess,
  temporaryFolder,
  until,
} from '../support/processes.ts'

const TOKEN = 'canary-token-5b'
const RULES = '- alert: TeamDown\n  expr: team_up == 0\n'

function git(cwd: string, ...args: readonly string[]): void {
  const who = ['-c', 'user.name=a', '-c', 'user.email=a@example.org']
  execFileSync('git', ['-c', 'init.defaultBranch=main', ...who, ...args], { cwd, stdio: 'pipe' })
}

async function read(hub: TestProcess, path: string): Promise<{ data: never; text: string }> {
  const reply = await fetch(`${hub.url}${path}`)
  const text = await reply.text()
  return { data: JSON.parse(text).data as never, text }
}

async function namesAt(hub: TestProcess): Promise<readonly string[]> {
  const entries: readonly { name: string }[] = (await read(hub, '/api/v1/hub/entries')).data
  return entries.map(({ name }) => name)
}

interface Ended {
  readonly code: number
  readonly output: string
}

function run(hub: TestProcess, ...words: readonly string[]): Promise<Ended> {
  const { promise, resolve } = Promise.withResolvers<Ended>()
  const args = ['hub', ...words, `--url=${hub.url}`]
  execFile(join(ROOT, 'bin/narthex'), args, (error, stdout, stderr) => {
    resolve({ code: Number(error?.code ?? 0), output: stdout + stderr })
  })
  return promise
}

function refresh(hub: TestProcess): Promise<Ended> {
  return run(hub, 'refresh')
}

test('FIELD 1: an emptied repository and a revoked token empty no list, on either of two hubs', {
  skip: missingComponents('postgres', 'initdb', 'setpriv'),
  timeout: 120_000,
}, async () => {
  const folder = temporaryFolder('hubsources')
  const repository = join(folder.path, 'team')
  mkdirSync(repository)
  git(repository, 'init', '-q')
  writeFileSync(join(repository, 'team_alert.yaml'), RULES)
  git(repository, 'add', '-A')
  git(repository, 'commit', '-q', '-m', 'one')
  const server = await startGitServer(folder.path, TOKEN)
  writeFileSync(join(folder.path, 'token'), TOKEN)
  const file = join(folder.path, 'hub.yml')
  const source = `{name: team, type: git, url: "${server.url}/team/.git", token_file: token}`
  writeFileSync(file, `narthex: {hub: {sources: [${source}]}}\n`)

  const database = await startPostgres()
  await database.query(`create role keeper login password 'pw'`)
  await database.query('create database hub owner keeper')
  const flags = [`--database.url=postgres://keeper:pw@127.0.0.1:${database.port}/hub`]
  const one = await startRole('hub', [...flags, `--config.file=${file}`])
  const two = await startRole('hub', flags)
  try {
    await until('the other hub has it', async () => (await namesAt(two)).includes('team'))
    const before = await namesAt(two)
    assert.ok(before.length > 1, 'what comes with the program is there, too')
    assert.deepEqual(await namesAt(one), before)
    const good = await refresh(one)
    assert.equal(good.code, 0, good.output)
    assert.match(good.output, /^team {2}git {2}1 entries {2}[0-9a-f]{12}$/m)

    rmSync(join(repository, 'team_alert.yaml'))
    git(repository, 'commit', '-q', '-a', '-m', 'nothing')
    const emptied = await refresh(one)
    assert.equal(emptied.code, 1)
    assert.match(emptied.output, /^team .*failing since .*it is empty/m)

    server.token = 'another'
    const revoked = await refresh(one)
    assert.equal(revoked.code, 1)
    assert.match(revoked.output, /^team .*failing since .*Authentication failed/m)
    await until('the other hub knows', async () =>
      (await read(two, '/api/v1/hub/sources')).text.includes('Authentication failed'),
    )
    for (const hub of [one, two]) assert.deepEqual(await namesAt(hub), before)

    await one.stop()
    const again = await startRole('hub', flags)
    assert.deepEqual(await namesAt(again), before, 'after a restart, too')
    const refused = await fetch(`${one.url}/api/v1/hub/sources`).catch(() => undefined)
    assert.equal(refused, undefined)

    await database.stop()
    assert.deepEqual(await namesAt(again), before, 'while the database is away')
    const said = [good, emptied, revoked].map(({ output }) => output)
    said.push(one.output(), two.output(), (await read(again, '/api/v1/hub/sources')).text)
    const basic = Buffer.from(`x-access-token:${TOKEN}`).toString('base64')
    for (const each of said) assert.ok(!each.includes(TOKEN) && !each.includes(basic), each)
    await again.stop()
  } finally {
    for (const hub of [one, two]) await hub.stop()
    await database.stop()
    server.stop()
    folder.remove()
  }
})

test('C28: a source that is added by command line is asked by every hub that has the key, and its token is in nothing', {
  skip: missingComponents('postgres', 'initdb', 'setpriv'),
  timeout: 120_000,
}, async () => {
  const folder = temporaryFolder('hubsadded')
  const github = await startGitHub()
  Object.assign(github, { files: { 'team_alert.yaml': RULES }, token: TOKEN })
  const keyFile = join(folder.path, 'key')
  writeFileSync(keyFile, randomBytes(32).toString('base64'))
  const wrongFile = join(folder.path, 'wrong')
  writeFileSync(wrongFile, randomBytes(32).toString('hex'))
  const tokenFile = join(folder.path, 'token')
  writeFileSync(tokenFile, `${TOKEN}\n`)

  const database = await startPostgres()
  await database.query(`create role keeper login password 'pw'`)
  await database.query('create database hub owner keeper')
  const flags = [`--database.url=postgres://keeper:pw@127.0.0.1:${database.port}/hub`]
  const one = await startRole('hub', [...flags, `--hub.secret-key-file=${keyFile}`])
  const two = await startRole('hub', [...flags, `--hub.secret-key-file=${keyFile}`])
  const wrong = await startRole('hub', [...flags, `--hub.secret-key-file=${wrongFile}`])
  const keyless = await startRole('hub', flags)
  const hubs = [one, two, wrong, keyless]
  const said: string[] = []
  const tell = async (hub: TestProcess, ...words: readonly string[]): Promise<Ended> => {
    const ended = await run(hub, 'sources', ...words)
    said.push(ended.output)
    return ended
  }
  try {
    const place = [`--address=${github.url}`, '--repository=team/content']
    const refused = await tell(keyless, 'add', 'team', ...place, `--token-file=${tokenFile}`)
    assert.equal(refused.code, 1)
    assert.match(refused.output, /there is no key, wanted --hub.secret-key-file/)
    const added = await tell(one, 'add', 'team', ...place, `--token-file=${tokenFile}`)
    assert.deepEqual([added.code, added.output.slice(0, 24)], [0, 'team  github  1 entries '])
    for (const hub of hubs) {
      await until('each hub shows it', async () => (await namesAt(hub)).includes('team'))
    }

    github.files = { 'team_alert.yaml': RULES, 'more_alert.yaml': RULES }
    assert.equal((await tell(two, 'refresh', 'team')).code, 0)
    await until('each hub follows', async () => (await namesAt(wrong)).includes('more'))
    for (const hub of [wrong, keyless]) {
      const warned = await tell(hub, 'refresh', 'team')
      assert.equal(warned.code, 1)
      assert.match(
        warned.output,
        /this hub cannot use its token: .*(?:another key|there is no key)/,
      )
    }
    const listed = await tell(one, 'list')
    assert.equal(listed.code, 0)
    assert.match(listed.output, /^team {2}github {2}2 entries {2}[0-9a-f]{12}$/m)

    github.token = 'revoked'
    const lost = await tell(one, 'refresh', 'team')
    assert.match(
      lost.output,
      /^team .*failing since .*the token is not taken \(401: Bad credentials\)/m,
    )
    for (const hub of hubs) assert.ok((await namesAt(hub)).includes('team'), 'FIELD 1: lost token')
    assert.match(
      (await tell(one, 'add', 'x', '--repository=o')).output,
      /repository: .*wanted owner/,
    )

    assert.deepEqual(await tell(two, 'remove', 'team'), { code: 0, output: 'removed team\n' })
    await until('it is gone', async () => !(await namesAt(one)).includes('team'))
    assert.equal((await tell(one, 'remove', 'team')).code, 1)

    for (const hub of hubs) {
      said.push(hub.output())
      said.push((await read(hub, '/api/v1/hub/sources')).text)
      said.push(await (await fetch(`${hub.url}/metrics`)).text())
      said.push(await (await fetch(`${hub.url}/api/v1/status/flags`)).text())
    }
    for (const each of said) assert.ok(!each.includes(TOKEN), each)
  } finally {
    for (const hub of hubs) await hub.stop()
    await database.stop()
    github.stop()
    folder.remove()
  }
})
