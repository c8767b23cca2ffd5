/** C40: what the program is made of is locked, free to use, and the same at each build. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { OutputChunk, OutputOptions } from 'rolldown'
import { ENTRIES, outputOf, readModules } from '../../tools/bundle.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')

/** Licences that ask for no more than their text. */
const LICENCES: ReadonlySet<string> = new Set([
  'Apache-2.0',
  'MIT',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
])

interface Locked {
  readonly version: string
  readonly resolved?: string
  readonly integrity?: string
  readonly license?: string
  readonly dev?: boolean
  readonly optional?: boolean
}

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly optionalDependencies: Readonly<Record<string, string>>
}

const manifest = read<Manifest>('package.json')
const lock = read<{ packages: Record<string, Locked> }>('package-lock.json')
const packages = Object.entries(lock.packages).filter(([path]) => path !== '')

function read<T>(path: string): T {
  return JSON.parse(readFileSync(join(root, path), 'utf8')) as T
}

test('C40: every package is named by its exact version, and locked by its digest', () => {
  const { dependencies, devDependencies, optionalDependencies } = manifest
  const named = { ...dependencies, ...devDependencies, ...optionalDependencies }
  for (const [name, version] of Object.entries(named)) {
    assert.match(version, /^\d+\.\d+\.\d+$/, name)
    assert.equal(lock.packages[`node_modules/${name}`].version, version, name)
  }
  for (const [path, { integrity, resolved = 'https:', optional = false }] of packages) {
    assert.match(resolved, /^https:/, `${path} comes from a registry`)
    // What other platforms have instead has no digest where it was never installed.
    if (!optional) assert.match(integrity ?? '', /^sha512-/, path)
  }
})

test('C40: what runs may be used by everybody', () => {
  const running = packages.filter(([, { dev = false, integrity }]) => !dev && integrity)
  assert.ok(running.length > 20)
  for (const [path, { license = '' }] of running) assert.ok(LICENCES.has(license), path)
})

async function bundle(role: string, more: OutputOptions = {}): Promise<OutputChunk[]> {
  const build = await readModules(ENTRIES[role])
  const { output } = await build.generate({ ...outputOf(role), ...more })
  await build.close()
  return output.filter((file) => file.type === 'chunk')
}

test('C40: a role has modules of ours and of packages that are dependencies, and no others', async () => {
  for (const role of Object.keys(ENTRIES)) {
    const ids = (await bundle(role, { minify: false })).flatMap(({ moduleIds }) => moduleIds)
    for (const id of ids.filter((each) => each.startsWith('/'))) {
      const owner = /node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+/.exec(id)?.[0]
      if (owner === undefined) assert.match(relative(root, id), /^(src\/|package\.json$)/, role)
      else assert.equal(lock.packages[owner]?.dev ?? false, false, `${role} has ${owner}`)
    }
  }
})

test('C40: the same sources make the same bytes', async () => {
  const digestOf = async (): Promise<string[]> =>
    (await bundle('agent')).map(({ fileName, code }) => `${fileName}\n${code}`).sort()
  assert.deepEqual(await digestOf(), await digestOf())
})
