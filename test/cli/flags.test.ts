import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Secret } from '../../src/base/secret.ts'
import { type CommandSpec, parseFlags } from '../../src/cli/flags.ts'
import { parseDuration } from '../../src/model/duration.ts'

const spec: CommandSpec = {
  name: 'narthex try',
  summary: 'tries',
  flags: [
    { name: 'storage.path', value: 'folder', help: 'where', preset: 'data' },
    {
      name: 'query.timeout',
      value: 'duration',
      help: 'bound',
      preset: '30s',
      parse: parseDuration,
    },
    { name: 'enable-feature', value: 'names', help: 'features', many: true },
    { name: 'web.listen-address', value: 'address', help: 'where', preset: 'a:1', many: true },
    { name: 'web.insecure-listen', help: 'allow' },
  ],
}

test('flags have their presets, given values replace them and lists add up', () => {
  const none = parseFlags(spec, [])
  assert.ok(none.outcome === 'run')
  assert.deepEqual(Object.fromEntries(none.values), {
    'storage.path': 'data',
    'query.timeout': 30_000,
    'enable-feature': [],
    'web.listen-address': ['a:1'],
    'web.insecure-listen': false,
  })
  const given = parseFlags(spec, [
    '--storage.path=/tmp/x y',
    '--enable-feature=a,b',
    '--enable-feature',
    'c',
    '--web.insecure-listen',
    '--web.listen-address=b:2',
  ])
  assert.ok(given.outcome === 'run')
  assert.equal(given.values.get('storage.path'), '/tmp/x y')
  assert.deepEqual(given.values.get('enable-feature'), ['a', 'b', 'c'])
  assert.deepEqual(given.values.get('web.listen-address'), ['b:2'])
  assert.equal(given.values.get('web.insecure-listen'), true)
})

for (const [argv, said] of [
  [['--nonsense'], "unknown option '--nonsense'"],
  [['--storage.pth=x'], "unknown option '--storage.pth=x' (Did you mean --storage.path?)"],
  [
    ['--query.timeout=fast'],
    `option '--query.timeout <duration>' argument 'fast' is invalid. not a valid duration string: "fast"`,
  ],
  [['--storage.path'], "option '--storage.path <folder>' argument missing"],
  [['word'], 'too many arguments. Expected 0 arguments but got 1: word.'],
] as const) {
  test(`wrong usage ends with exit code 2 and one line: ${argv.join(' ')}`, (t) => {
    const write = t.mock.method(process.stderr, 'write', () => true)
    assert.deepEqual(parseFlags(spec, argv), { outcome: 'exit', code: 2 })
    const texts = write.mock.calls.map((call) => String(call.arguments[0]))
    assert.deepEqual(texts, [`narthex try: ${said}, see narthex try --help\n`])
  })
}

test('C28: a secret is a value that is shown nowhere, neither as text nor in a complaint', () => {
  const secret: CommandSpec = {
    ...spec,
    flags: [{ name: 'database.url', value: 'url', help: 'where', isSecret: true }],
  }
  const parsed = parseFlags(secret, ['--database.url=postgres://u:canary@h/d'])
  assert.ok(parsed.outcome === 'run')
  const value = parsed.values.get('database.url')
  assert.ok(value instanceof Secret)
  assert.equal(value.reveal(), 'postgres://u:canary@h/d')
  assert.doesNotMatch(JSON.stringify([[...parsed.values], [...parsed.texts]]), /canary/)
  const none = parseFlags(secret, [])
  assert.ok(none.outcome === 'run')
  assert.equal(none.values.get('database.url'), undefined)
})
