/** The neutral runners over the real program: what others' suites say about us. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { freePort, ROOT, SHARED, startProcess, temporaryFolder } from '../support/processes.ts'

const RUNNERS = join(SHARED, 'conformance/runners')
const DATA = join(SHARED, 'conformance/data')
const SKIP = existsSync(RUNNERS) ? false : `the suites are not beside the checkout`

const FEATURES =
  'promql-experimental-functions,promql-duration-expr,promql-extended-range-selectors,promql-binop-fill-modifiers,promql-delayed-name-removal'
// The runners cut a command at its spaces, and a checkout may lie below a folder that has one.
const LINKS = temporaryFolder('runners')
const PROGRAM = join(LINKS.path, 'narthex')
symlinkSync(join(ROOT, 'bin/narthex'), PROGRAM)
after(LINKS.remove)

const UP = [
  PROGRAM,
  'up',
  '--config.file={dir}/config.yml',
  '--storage.path={dir}/data',
  '--storage.retention.time=100y',
  '--web.listen-address=127.0.0.1:{port}',
  '--log.level=error',
  `--enable-feature=${FEATURES}`,
].join(' ')
const CHECK = `${PROGRAM} check config --syntax-only {agent} {file}`

/** Runs a runner to its end. @returns the counts of its last line and all it said */
async function runRunner(
  name: string,
  args: readonly string[],
): Promise<{ passed: number; failed: number; output: string }> {
  const run = startProcess(process.execPath, [join(RUNNERS, name), ...args])
  await run.ended
  const output = run.output()
  const counts = [...output.matchAll(/(\d+) passed, (\d+) failed/g)].at(-1)
  assert.ok(counts, `${name} ends with its counts: ${output.slice(-2000)}`)
  return { passed: Number(counts[1]), failed: Number(counts[2]), output }
}

/** Name of the runner, its arguments, and how many cases must pass at least, with the reason for the rest. */
const SUITES: readonly (readonly [string, readonly string[], number])[] = [
  [
    'parse-cases.js',
    [
      '--start',
      UP,
      join(DATA, 'promql-parse/parse-cases.json'),
      join(DATA, 'promql-parse/format-cases.json'),
    ],
    262, // 37 more are written over several lines, which the format API does not ask for
  ],
  [
    'scrape-cases.js',
    [
      '--start',
      UP,
      ...['client-python', 'expfmt-corpus', 'openmetrics-spec', 'prometheus-textparse'].map(
        (name) => join(DATA, `exposition/${name}.json`),
      ),
    ],
    366,
  ],
  ['relabel-cases.js', ['--start', UP, join(DATA, 'relabel/relabel-cases.json')], 30],
  [
    'run.js',
    [
      join(DATA, 'promql'),
      ...['--rw', '2', '--config', join(RUNNERS, 'prom-ooo.yml'), '--start', UP, '--jobs', '2'],
    ],
    794, // of 1,285: 482 lie in blocks that load native histograms, 9 need start timestamps
  ],
  [
    'write-cases.js',
    [
      ...['--start', UP, '--config', join(RUNNERS, 'prom-ooo.yml')],
      join(DATA, 'remote-write/receiver-cases.json'),
    ],
    90, // of 119: 29 write native histograms or exemplars
  ],
  ['check-cases.js', ['--cmd', CHECK, join(DATA, 'config'), '--messages'], 128],
]

for (const [name, args, passedMin] of SUITES) {
  test(`${name} passes at least ${passedMin} cases`, { skip: SKIP }, async () => {
    const { passed, output } = await runRunner(name, args)
    assert.ok(passed >= passedMin, output.slice(-6000))
  })
}

test('write-cases.js passes all cases at a gateway, which passes on every kind', {
  skip: SKIP,
}, async () => {
  const written = join(LINKS.path, 'written.jsonl')
  const config = join(LINKS.path, 'gateway.yml')
  const kinds = 'send_exemplars: true, send_native_histograms: true'
  const destination = `{name: file, type: file, path: '${written}', ${kinds}}`
  writeFileSync(config, `narthex: {destinations: [${destination}]}\n`)
  const gateway = [
    ...[PROGRAM, 'gateway', '--config.file={dir}/config.yml', '--log.level=error'],
    `--gateway.grpc-address=127.0.0.1:${await freePort()}`,
    '--web.listen-address=127.0.0.1:{port}',
  ].join(' ')
  const cases = join(DATA, 'remote-write/receiver-cases.json')
  const { passed, failed, output } = await runRunner('write-cases.js', [
    ...['--start', gateway, '--config', config, '--verbose', cases],
  ])
  assert.deepEqual([passed, failed], [119, 0], output.slice(-6000))
  const lines = readFileSync(written, 'utf8').split('\n')
  for (const kind of ['"values"', '"histograms"', '"exemplars"']) {
    assert.ok(lines.filter((line) => line.includes(kind)).length > 50, kind)
  }
})
