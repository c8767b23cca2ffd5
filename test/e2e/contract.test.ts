/** The contract for scripts: how the program is started, ended and what its exit codes say. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { ask } from '../support/answers.ts'
import {
  freePort,
  ROOT,
  startNarthex,
  startProcess,
  temporaryFolder,
  until,
} from '../support/processes.ts'

const folder = temporaryFolder('contract')
after(() => folder.remove())

const NOTHING = 'scrape_configs: []\n'

/** Runs the program to its end. */
async function runToEnd(
  args: readonly string[],
): Promise<{ code: number | string; output: string }> {
  const run = startProcess(join(ROOT, 'bin/narthex'), args)
  const code = await run.ended
  return { code, output: run.output() }
}

test('the process that is started is the process that serves, without a wrapper or a child', async () => {
  const ours = await startNarthex({ config: NOTHING, storage: join(folder.path, 'exec') })
  try {
    assert.match(
      readlinkSync(`/proc/${ours.pid}/exe`),
      /node_modules\/node-linux-[^/]+\/bin\/node$/,
    )
    const children = readdirSync(`/proc/${ours.pid}/task`).flatMap((task) =>
      execFileSync('cat', [`/proc/${ours.pid}/task/${task}/children`], { encoding: 'utf8' }).trim(),
    )
    assert.deepEqual(children.filter(Boolean), [])
    const page = await (await fetch(ours.url)).text()
    assert.match(page, /<title>[^<]*narthex[^<]*<\/title>/i)
  } finally {
    await ours.stop()
  }
})

test('a signal that comes again, as npm passes it on, ends it as cleanly as one', async () => {
  const server = await startNarthex({ storage: join(folder.path, 'again') })
  let hasEnded = false
  const ended = server.ended.finally(() => {
    hasEnded = true
  })
  while (!hasEnded) {
    server.signal('SIGINT')
    await nextTurn()
  }
  assert.equal(await ended, 0)
})

test('SIGTERM ends it within 5 s with code 0 and everything kept', async () => {
  const storage = join(folder.path, 'kept')
  const config =
    'global: {scrape_interval: 1s}\nscrape_configs: [{job_name: self, static_configs: [{targets: ["127.0.0.1:PORT"]}]}]\n'
  const port = await freePort()
  const first = await startNarthex({ config: config.replace('PORT', String(port)), storage, port })
  const count = async (url: string, time: number): Promise<number> => {
    const got = await ask(url, '/api/v1/query', {
      query: 'count_over_time(up[10m])',
      time: String(time),
    })
    return Number((got.data?.result as { value: [number, string] }[])?.at(0)?.value[1] ?? 0)
  }
  await until('three scrapes', async () => (await count(first.url, Date.now() / 1000)) >= 3)
  const time = Date.now() / 1000
  const before = await count(first.url, time)
  const startedMs = Date.now()
  assert.equal(await first.stop(), 0)
  assert.ok(Date.now() - startedMs < 5000)

  const second = await startNarthex({ config: NOTHING, storage })
  try {
    assert.equal(await count(second.url, time), before)
  } finally {
    await second.stop()
  }
})

test('it runs from a path with a space and Korean letters under LANG=C', async () => {
  const copy = join(folder.path, '내 폴더 a')
  mkdirSync(copy)
  for (const name of [
    'bin',
    'src',
    'ui',
    'tools',
    'dist',
    'package.json',
    'package-lock.json',
    'tsconfig.json',
  ]) {
    cpSync(join(ROOT, name), join(copy, name), { recursive: true, preserveTimestamps: true })
  }
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
  const port = await freePort()
  const run = startProcess(
    join(copy, 'bin/narthex'),
    ['up', `--storage.path=${join(copy, '자료')}`, `--web.listen-address=127.0.0.1:${port}`],
    { LANG: 'C', LC_ALL: 'C' },
  )
  try {
    await until('the page', async () => {
      const reply = await fetch(`http://127.0.0.1:${port}/-/ready`).catch(() => undefined)
      return reply?.status === 200
    })
  } finally {
    assert.equal(await run.stop(), 0)
  }
})

test('wrong usage ends with code 2 and one line that says what was wanted', async () => {
  for (const [args, message] of [
    [['up', '--no-such-flag'], /unknown option '--no-such-flag'/],
    [['up', '--storage.retention.time=soon'], /not a valid duration string: "soon"/],
    [['up', '--log.level=loud'], /loud/],
    [['no-such-role'], /unknown command "no-such-role"/],
    [['up', '--config.file=/no/such/file.yml'], /\/no\/such\/file\.yml/],
  ] as const) {
    const { code, output } = await runToEnd(args)
    assert.equal(code, 2, `${args.join(' ')}: ${output}`)
    assert.match(output, message)
    assert.doesNotMatch(output, /\n {4}at /, 'no stack text')
  }
})

test('a configuration with a mistake ends with code 2 and names file, line and column', async () => {
  const file = join(folder.path, 'wrong.yml')
  writeFileSync(file, 'global:\n  scrape_intervall: 5s\n')
  const { code, output } = await runToEnd([
    'up',
    `--config.file=${file}`,
    `--storage.path=${join(folder.path, 'x')}`,
  ])
  assert.equal(code, 2, output)
  assert.match(output, /wrong\.yml:2:3.*scrape_intervall.*scrape_interval/)
})

test('a port in use ends with code 1 and one line', async () => {
  const holder = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => holder.once('listening', resolve))
  const { port } = holder.address() as { port: number }
  const { code, output } = await runToEnd([
    'up',
    `--web.listen-address=127.0.0.1:${port}`,
    `--storage.path=${join(folder.path, 'port')}`,
  ])
  holder.close()
  assert.equal(code, 1, output)
  assert.match(output, new RegExp(`cannot listen on 127.0.0.1:${port}: .*in use`))
})

test('a data folder that another process has open ends with code 1 and names the process', async () => {
  const storage = join(folder.path, 'held')
  const holder = await startNarthex({ config: NOTHING, storage })
  try {
    const { code, output } = await runToEnd([
      'up',
      '--web.listen-address=127.0.0.1:0',
      `--storage.path=${storage}`,
    ])
    assert.equal(code, 1, output)
    assert.match(output, new RegExp(String(holder.pid)))
  } finally {
    await holder.stop()
  }
})

test('listening beyond loopback is refused without access control, and allowed by the explicit flag', async () => {
  const storage = `--storage.path=${join(folder.path, 'wide')}`
  const { code, output } = await runToEnd(['up', '--web.listen-address=0.0.0.0:0', storage])
  assert.equal(code, 2, output)
  assert.match(output, /--web\.config\.file.*--web\.insecure-listen/)
})

test('a reload with a broken file says so and leaves the running configuration in place', async () => {
  const storage = join(folder.path, 'reload')
  const ours = await startNarthex({ config: 'global: {scrape_interval: 7s}\n', storage })
  try {
    const shown = async (): Promise<string> =>
      JSON.stringify((await ask(ours.url, '/api/v1/status/config', {})).data)
    assert.match(await shown(), /scrape_interval: 7s/)
    writeFileSync(`${storage}.yml`, 'global: {scrape_interval: never}\n')
    const refused = await fetch(`${ours.url}/-/reload`, { method: 'POST' })
    assert.equal(refused.status, 500)
    assert.match(await refused.text(), /never/)
    assert.match(await shown(), /scrape_interval: 7s/)
    writeFileSync(`${storage}.yml`, 'global: {scrape_interval: 9s}\n')
    ours.signal('SIGHUP')
    await until('the new configuration', async () => /scrape_interval: 9s/.test(await shown()))
  } finally {
    await ours.stop()
  }
})
