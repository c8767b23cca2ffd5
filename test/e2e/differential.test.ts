/** The real Prometheus as the oracle: the same target scraped by both, random queries, equal answers. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ask, firstDifference, toComparable } from '../support/answers.ts'
import { HISTORY_WORDS, historyText, serveText } from '../support/history.ts'
import {
  freePort,
  missingComponents,
  startComponent,
  startNarthex,
  temporaryFolder,
  until,
} from '../support/processes.ts'
import { QueryGrammar } from '../support/promql.ts'

const INSTANT_COUNT = 250
const RANGE_COUNT = 150
const ROWS = 200
const STEP_MS = 15_000
const SEED = 20_261_121

test('random queries get the same answers as from the real Prometheus', {
  skip: missingComponents('prometheus') ?? false,
}, async (t) => {
  const folder = temporaryFolder('differential')
  t.after(() => folder.remove())
  const endMs = Date.now() - 60_000
  const target = await serveText(historyText(SEED, endMs, ROWS, STEP_MS))
  t.after(() => target.close())
  const config = [
    'global: {scrape_interval: 1s, evaluation_interval: 1s}',
    'scrape_configs:',
    '  - job_name: history',
    '    honor_labels: true',
    `    static_configs: [{targets: ['127.0.0.1:${target.port}']}]`,
  ].join('\n')
  const file = join(folder.path, 'reference.yml')
  writeFileSync(file, config)
  const port = await freePort()
  const reference = await startComponent(
    'prometheus',
    [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(folder.path, 'reference')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--enable-feature=promql-negative-offset,promql-at-modifier',
    ],
    port,
    '/-/ready',
  )
  t.after(() => reference.stop())
  const ours = await startNarthex({ config, storage: join(folder.path, 'ours') })
  t.after(() => ours.stop())

  const count = 'count_over_time(shop_queue_length{instance="c:1",job="api",method="put"}[2h])'
  for (const { url } of [reference, ours]) {
    await until(`the history at ${url}`, async () => {
      const got = await ask(url, '/api/v1/query', { query: count })
      return (got.data?.result as unknown[] | undefined)?.length === 1
    })
  }

  // 7 s beside the minute: no inner step of a subquery falls on the border of its range.
  const baseMs = Math.floor((endMs - 20 * 60_000) / 60_000) * 60_000 + 7000
  const grammar = new QueryGrammar(SEED, HISTORY_WORDS)
  const differences: string[] = []
  let answered = 0
  for (let i = 0; i < INSTANT_COUNT + RANGE_COUNT; i++) {
    const query = grammar.vector(3)
    const [path, parameters] =
      i < INSTANT_COUNT
        ? ['/api/v1/query', { query, time: String((baseMs + (i % 17) * 60_000) / 1000) }]
        : [
            '/api/v1/query_range',
            {
              query,
              start: String((baseMs - 10 * 60_000) / 1000),
              end: String((baseMs + 10 * 60_000) / 1000),
              step: String([15, 30, 60, 120][i % 4]),
            },
          ]
    const [mine, theirs] = await Promise.all([
      ask(ours.url, path, parameters as Record<string, string>),
      ask(reference.url, path, parameters as Record<string, string>),
    ])
    const difference = firstDifference(toComparable(mine), toComparable(theirs))
    if (difference !== undefined) {
      const reasons = [mine.error, theirs.error].filter(Boolean).join(' | ')
      differences.push(`${query}\n    ${difference} ${reasons}`)
    }
    if (theirs.status === 'success') answered++
  }
  assert.ok(answered >= 300, `${answered} queries were answered, wanted at least 300`)
  assert.deepEqual(differences, [])
})
