/** `check config` as a function: the corpus of the reference, files that are missing, what is printed. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { checkConfig } from '../../src/config/check.ts'

interface CorpusCase {
  file: string
  ok: boolean
  error_contains?: string
  agent_mode?: boolean
  full_check?: boolean
}

const CORPUS = fileURLToPath(new URL('../../../shared/conformance/data/config/', import.meta.url))
const corpus: { cases: CorpusCase[] } = JSON.parse(
  readFileSync(path.join(CORPUS, 'index.json'), 'utf8'),
)

let dir = ''
before(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'narthex-check-'))
})
after(() => rmSync(dir, { recursive: true }))

test('check config agrees with every case of the corpus, messages included', () => {
  assert.ok(corpus.cases.length >= 128)
  const wrong: string[] = []
  for (const one of corpus.cases) {
    const result = checkConfig([path.join(CORPUS, 'files', one.file)], {
      syntaxOnly: one.full_check !== true,
      agent: one.agent_mode === true,
    })
    const said = [...result.stdout, ...result.stderr].join('\n')
    if ((result.exitCode === 0) !== one.ok) wrong.push(`${one.file}: ${said}`)
    else if (!said.includes(one.error_contains ?? '')) {
      wrong.push(`${one.file}: wanted ${one.error_contains}, said ${said}`)
    }
  }
  assert.deepEqual(wrong, [])
})

function checkText(text: string, syntaxOnly = false): ReturnType<typeof checkConfig> {
  const file = path.join(dir, 'prometheus.yml')
  writeFileSync(file, text)
  return checkConfig([file], { syntaxOnly, agent: false })
}

const JOB = 'scrape_configs:\n  - job_name: a\n'

for (const [name, text, fault] of [
  [
    'a password file',
    `${JOB}    basic_auth: {username: u, password_file: no.txt}`,
    'password file',
  ],
  ['a token file', `${JOB}    bearer_token_file: no.txt`, 'bearer token file'],
  ['a CA file', `${JOB}    tls_config: {ca_file: no.pem}`, 'CA file'],
  ['a rule file', 'rule_files: [no.yml]', 'does not point to an existing file'],
] as const) {
  test(`check config refuses a configuration without ${name}, unless only the syntax is asked`, () => {
    const full = checkText(text)
    assert.equal(full.exitCode, 1)
    assert.match(full.stderr.join('\n'), new RegExp(fault))
    assert.equal(checkText(text, true).exitCode, 0)
  })
}

test('check config warns of a missing file_sd file and still succeeds', () => {
  const result = checkText(`${JOB}    file_sd_configs: [{files: [no.json]}]`)
  assert.equal(result.exitCode, 0)
  assert.match(result.stderr.join('\n'), /no\.json" for file_sd in scrape job "a" does not exist/)
})

test('check config fails on a file that is not there, and on no file at all', () => {
  const options = { syntaxOnly: true, agent: false }
  assert.equal(checkConfig([path.join(dir, 'none.yml')], options).exitCode, 1)
  assert.equal(checkConfig([], options).exitCode, 1)
})

test('check config prints what promtool prints for a good file', () => {
  const { stdout, stderr, exitCode } = checkText(JOB)
  const file = path.join(dir, 'prometheus.yml')
  assert.deepEqual(stdout, [
    `Checking ${file}`,
    ` SUCCESS: ${file} is valid prometheus config file syntax`,
    '',
  ])
  assert.deepEqual([stderr, exitCode], [[], 0])
})
