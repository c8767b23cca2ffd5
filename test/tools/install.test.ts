/** Installing happens once, whoever else asks for it at the same time. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const SCRIPT = fileURLToPath(new URL('../../tools/install.sh', import.meta.url))

/** Stands for npm: says when it begins and ends, and fails where the file `broken` lies. */
const NPM = `#!/bin/sh
echo begin >>journal
echo "$@" >arguments
[ ! -e broken ] || exit 7
mkdir -p node_modules
touch node_modules/.package-lock.json
echo end >>journal
`

test('many at once install once', async (t) => {
  const folder = makeTree(t)
  const codes = await Promise.all(Array.from({ length: 4 }, () => install(folder)))
  assert.deepEqual(codes, [0, 0, 0, 0])
  assert.equal(journal(folder), 'begin\nend\n')
  assert.ok(!existsSync(join(folder, '.cache/installing')), 'the lock is gone')
  assert.equal(await install(folder), 0)
  assert.equal(journal(folder), 'begin\nend\n', 'what is installed stays')
})

test('C40: what is installed is what the lock says, and no script of a package runs', async (t) => {
  const folder = makeTree(t)
  assert.equal(await install(folder), 0)
  const words = readFileSync(join(folder, 'arguments'), 'utf8').trim().split(' ')
  assert.equal(words[0], 'ci')
  assert.ok(words.includes('--ignore-scripts'))
})

test('a lock that a dead process left behind is taken over', async (t) => {
  const folder = makeTree(t)
  mkdirSync(join(folder, '.cache/installing'), { recursive: true })
  writeFileSync(join(folder, '.cache/installing/pid'), '4194999\n') // above the highest process id
  assert.deepEqual(await Promise.all([install(folder), install(folder)]), [0, 0])
  assert.equal(journal(folder), 'begin\nend\n')
})

test('a failed installation is told and tried again', async (t) => {
  const folder = makeTree(t)
  writeFileSync(join(folder, 'broken'), '')
  assert.equal(await install(folder), 1)
  rmSync(join(folder, 'broken'))
  assert.equal(await install(folder), 0)
  assert.equal(journal(folder), 'begin\nbegin\nend\n')
})

/** A checkout in a path with a space and Korean letters. */
function makeTree(t: { after(end: () => void): void }): string {
  const parent = mkdtempSync(join(tmpdir(), 'narthex-install-'))
  t.after(() => rmSync(parent, { recursive: true, force: true }))
  const folder = join(parent, '새 폴더')
  for (const name of ['tools', 'bin']) mkdirSync(join(folder, name), { recursive: true })
  copyFileSync(SCRIPT, join(folder, 'tools/install.sh'))
  writeFileSync(join(folder, 'package-lock.json'), '{}')
  writeFileSync(join(folder, 'bin/npm'), NPM)
  chmodSync(join(folder, 'bin/npm'), 0o755)
  return folder
}

async function install(folder: string): Promise<number> {
  const env = { PATH: `${join(folder, 'bin')}:${process.env.PATH}`, LANG: 'C' }
  const child = spawn('sh', ['tools/install.sh'], { cwd: folder, env, stdio: 'ignore' })
  const [code] = await once(child, 'exit')
  return code
}

function journal(folder: string): string {
  return readFileSync(join(folder, 'journal'), 'utf8')
}
