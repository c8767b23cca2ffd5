/** Destinations of the `narthex` section: what they read and what they refuse. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readConfig } from '../../src/config/config.ts'
import { DEFAULT_QUEUE } from '../../src/config/destination.ts'

const indent = (text: string): string => text.replaceAll(/^/gm, '      ').trimStart()

function narthexOf(entries: readonly string[], more = '') {
  const list = entries.map((entry) => `    - ${indent(entry)}\n`).join('')
  return readConfig(`narthex:\n  destinations:\n${list}${more}`, '/etc/n/prometheus.yml', {})
}

test('a destination that says only what it must has the defaults', () => {
  const { config, errors } = narthexOf(['name: copy\ntype: file\npath: copy.jsonl'])
  assert.deepEqual(errors, [])
  assert.deepEqual(config?.narthex.destinations, [
    {
      name: 'copy',
      kind: 'file',
      path: '/etc/n/copy.jsonl',
      fileSizeBytesMax: 67108864,
      filesMax: 5,
      relabel: [],
      queue: DEFAULT_QUEUE,
      sendExemplars: false,
      sendNativeHistograms: false,
    },
  ])
  assert.equal(config?.narthex.policy, 'all')
})

test('a destination reads its queue, its buffer, its rules and what its kind knows', () => {
  const { config, errors } = narthexOf(
    [
      `name: copy
type: file
path: /var/copy.jsonl
max_size: 1MB
max_files: 2
send_exemplars: true
send_native_histograms: true
write_relabel_configs:
  - source_labels: [job]
    regex: a
    action: keep
queue_config:
  max_samples_per_send: 7
  batch_send_deadline: 1s
  sample_age_limit: 1h
  buffer_size: 3MB
  buffer_age: 10m`,
    ],
    '  policy: quorum\n',
  )
  assert.deepEqual(errors, [])
  const [copy] = config?.narthex.destinations ?? []
  assert.ok(copy.kind === 'file')
  assert.equal(copy.fileSizeBytesMax, 1048576)
  assert.equal(copy.filesMax, 2)
  assert.equal(copy.relabel[0].action, 'keep')
  assert.ok(copy.sendExemplars && copy.sendNativeHistograms)
  assert.deepEqual(copy.queue, {
    ...DEFAULT_QUEUE,
    samplesPerSendMax: 7,
    batchSendDeadlineMs: 1000,
    sampleAgeMsMax: 3_600_000,
    bufferBytesMax: 3 * 1048576,
    bufferAgeMsMax: 600_000,
  })
  assert.equal(config?.narthex.policy, 'quorum')
  assert.match(config?.yaml ?? '', /type: file/)
})

const GOOD = 'name: copy\ntype: file\npath: a'
for (const [name, entries, more, message] of [
  ['no type', ['name: a'], '', 'no type of destination, wanted file'],
  ['a type that is a list', ['name: a\ntype: [file]'], '', 'no type of destination, wanted file'],
  ['a type with a typo', ['name: a\ntype: kafak'], '', 'victoriametrics, did you mean kafka?'],
  ['a type that is none', ['name: a\ntype: floppy'], '', 'unknown type "floppy" of destination'],
  ['a name of Object', ['name: a\ntype: constructor'], '', 'unknown type "constructor"'],
  ['no name', ['type: file\npath: a'], '', 'name of a destination is empty'],
  ['a name twice', [GOOD, GOOD], '', 'found multiple destinations with name "copy"'],
  [
    'a path twice',
    [GOOD, 'name: other\ntype: file\npath: a'],
    '',
    'found multiple destinations with path "/etc/n/a"',
  ],
  ['no path', ['name: a\ntype: file'], '', 'path of a file destination is empty'],
  ['a size of 0', [`${GOOD}\nmax_size: 0`], '', 'max_size must be positive'],
  ['fewer than no files', [`${GOOD}\nmax_files: -1`], '', 'max_files must be 0 or more'],
  ['a key of another kind', [`${GOOD}\nurl: a`], '', 'field url not found'],
  [
    'no shards',
    [`${GOOD}\nqueue_config: {max_shards: 0}`],
    '',
    'remote write queue max_shards must be positive',
  ],
  [
    'fewer shards at most than at least',
    [`${GOOD}\nqueue_config: {max_shards: 2, min_shards: 3}`],
    '',
    'min_shards must not be greater than max_shards',
  ],
  [
    'a longest back-off below the shortest',
    [`${GOOD}\nqueue_config: {min_backoff: 2s, max_backoff: 1s}`],
    '',
    'max_backoff must not be less than min_backoff',
  ],
  [
    'a buffer without room',
    [`${GOOD}\nqueue_config: {buffer_size: 0}`],
    '',
    'buffer_size must be positive',
  ],
  ['a policy that is none', [GOOD], '  policy: most\n', 'unknown policy "most"'],
] as const) {
  test(`destinations refuse: ${name}`, () => {
    const { config, errors } = narthexOf(entries, more)
    assert.equal(config, undefined)
    assert.ok(
      errors.some((error) => error.message.includes(message)),
      `${message} among ${errors.map((error) => error.message).join(' | ')}`,
    )
  })
}

test('a type that is none is refused where it stands', () => {
  const { errors } = narthexOf(['name: a\ntype: kafak'])
  assert.equal(errors.length, 1)
  const { line, column, message } = errors[0]
  assert.deepEqual([line, column], [4, 13], message)
})

test('a name that remote_write has, too, is refused where it stands', () => {
  const { config, errors } = narthexOf(
    ['name: copy\ntype: file\npath: /var/copy.jsonl'],
    'remote_write: [{name: copy, url: "http://127.0.0.1:9/"}]\n',
  )
  assert.equal(config, undefined)
  assert.equal(errors.length, 1)
  assert.match(errors[0].message, /found "copy" in remote_write and in narthex\.destinations/)
})
