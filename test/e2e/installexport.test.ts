/** What is exported, used by others: the real promtool, Prometheus and Alertmanager. */
import assert from 'node:assert/strict'
import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { findComponent } from '../../tools/components.ts'
import {
  freePort,
  missingComponents,
  ROOT,
  startComponent,
  startNarthex,
  startProcess,
  type TestProcess,
  temporaryFolder,
  until,
} from '../support/processes.ts'

const skip = missingComponents(
  ...['prometheus-node-exporter', 'promtool', 'prometheus', 'prometheus-alertmanager'],
)

const FILES = [
  ...['README.md', 'alertmanager.yml', 'dashboard.json'],
  ...['prometheus.yml', 'rules.yml', 'scrape.yml'],
]

/** Runs a command to its end. */
async function run(command: string, ...args: string[]): Promise<{ code: unknown; text: string }> {
  const started = startProcess(command, args)
  return { code: await started.ended, text: started.output() }
}

const narthex = (...args: string[]): Promise<{ code: unknown; text: string }> =>
  run(join(ROOT, 'bin/narthex'), 'hub', ...args)

async function askApi<T>(url: string, path: string): Promise<T> {
  const reply = await fetch(`${url}/api/v1/${path}`)
  return ((await reply.json()) as { data: T }).data
}

interface Vector {
  readonly result: readonly { readonly value: readonly [number, string] }[]
}

test('exported files are what Prometheus and Alertmanager load, and the target is up there', {
  skip,
  timeout: 120_000,
}, async () => {
  const folder = temporaryFolder('export')
  const running: TestProcess[] = []
  try {
    const nodePort = await freePort()
    const address = `127.0.0.1:${nodePort}`
    const flags = [`--web.listen-address=${address}`, '--no-collector.rapl']
    running.push(await startComponent('prometheus-node-exporter', flags, nodePort, '/metrics'))
    const to = join(folder.path, 'exported')
    const asked = ['node', `--targets=${address}`, '--interval=1s', `--to=${to}`]
    const place = `--storage.path=${join(folder.path, 'none')}`
    const exported = await narthex('export', ...asked, place)
    assert.equal(exported.code, 0, exported.text)
    assert.deepEqual(readdirSync(to).sort(), FILES)
    assert.equal((await narthex('export', ...asked, place)).code, 1, 'files in the way')

    const promtool = findComponent('promtool')?.path ?? ''
    for (const args of [
      ['config', join(to, 'prometheus.yml')],
      ['config', join(to, 'scrape.yml')],
      ['rules', join(to, 'rules.yml')],
    ]) {
      const { code, text } = await run(promtool, 'check', ...args)
      assert.equal(code, 0, text)
      assert.match(text, /SUCCESS/)
    }

    const port = await freePort()
    const prometheus = await startComponent(
      'prometheus',
      [
        `--config.file=${join(to, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder.path, 'tsdb')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      port,
      '/-/ready',
    )
    running.push(prometheus)
    const query = `query?query=${encodeURIComponent(`up{job="node",instance="${address}"}`)}`
    await until('the target is up in Prometheus', async () => {
      const { result } = await askApi<Vector>(prometheus.url, query)
      return result.at(0)?.value[1] === '1'
    })
    const { groups } = await askApi<{ groups: readonly { rules: readonly unknown[] }[] }>(
      prometheus.url,
      'rules',
    )
    assert.ok(groups.flatMap(({ rules }) => rules).length > 10)

    const alertPort = await freePort()
    const alertmanager = await startComponent(
      'prometheus-alertmanager',
      [
        `--config.file=${join(to, 'alertmanager.yml')}`,
        `--storage.path=${join(folder.path, 'alerts')}`,
        `--web.listen-address=127.0.0.1:${alertPort}`,
        '--cluster.listen-address=',
      ],
      alertPort,
      '/-/ready',
    )
    running.push(alertmanager)
    const status = (await (await fetch(`${alertmanager.url}/api/v2/status`)).json()) as {
      config: { original: string }
    }
    assert.match(status.config.original, /severity="critical"/)
  } finally {
    await Promise.all(running.map((each) => each.stop()))
    folder.remove()
  }
})

test('content of a source is known to the tools: by the folder, and by a server that runs', {
  timeout: 120_000,
}, async () => {
  const folder = temporaryFolder('export')
  const storage = join(folder.path, 'data')
  const content = join(folder.path, 'content')
  mkdirSync(content)
  cpSync(join(ROOT, 'catalog/redis'), join(content, 'ours'), { recursive: true })
  writeFileSync(
    join(content, 'ours/entry.yaml'),
    'name: ours\ntitle: Ours\ncategory: Software\ndescription: Of our own.\nport: 7000\nrecognise: [ours_up]\n',
  )
  const config = `narthex: {hub: {sources: [{name: team, type: folder, path: '${content}'}]}}\n`
  const server = await startNarthex({ storage, config })
  try {
    await until('the source was read', async () => {
      const reply = await fetch(`${server.url}/api/v1/hub/entries/ours`)
      await reply.arrayBuffer()
      return reply.status === 200
    })
    const to = join(folder.path, 'remote')
    const remote = await narthex(
      'export',
      'ours',
      '--targets=a',
      `--to=${to}`,
      `--url=${server.url}`,
    )
    assert.equal(remote.code, 0, remote.text)
    assert.ok(readdirSync(to).includes('rules.yml'))
  } finally {
    await server.stop()
  }
  try {
    const local = await narthex('install', 'ours', '--targets=a', `--storage.path=${storage}`)
    assert.equal(local.code, 0, local.text)
    assert.deepEqual(readdirSync(join(storage, 'config.d')).sort(), [
      ...['dashboards', 'ours.yml', 'rules'],
    ])
    const unknown = await narthex('install', 'theirs', '--targets=a', `--storage.path=${storage}`)
    assert.equal(unknown.code, 1)
    assert.match(unknown.text, /cannot find entry "theirs"/)
  } finally {
    folder.remove()
  }
})
