/** What a role loads when it starts, and what waits in files of its own until it is configured. */
import assert from 'node:assert/strict'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { OutputChunk } from 'rolldown'
import { ENTRIES, outputOf, readModules } from '../../tools/bundle.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')

const STORE = ['lmdb', 'src/store/', 'src/query/engine/', 'src/query/kernels/', 'src/query/host/']
const GRPC = ['node_modules/@grpc/', 'src/net/grpc/']
const KAFKA = ['node_modules/@platformatic/kafka/', 'src/net/kafka/']
const SENDING = ['fanout.ts', 'destination.ts', 'sending.ts', 'queue/', 'series/', 'frame/'].map(
  (name) => `src/send/${name}`,
)
const PG = ['node_modules/pg/', 'node_modules/pg-protocol/', 'src/send/postgresql/']

/** What must be absent at the start of a role; no role has an entry of `foreign` anywhere. */
const ROWS = [
  { role: 'agent', late: [...GRPC, ...KAFKA, ...PG], foreign: [...STORE, 'src/collect/receive/'] },
  { role: 'gateway', late: [...KAFKA, ...PG], foreign: [...STORE, 'src/collect/scrape/'] },
  { role: 'ingester', late: [...GRPC, ...PG], foreign: [...STORE, 'src/collect/discover/'] },
  { role: 'server', late: [...GRPC, ...KAFKA, ...PG], foreign: ['src/collect/host/'] },
  { role: 'up', late: [...GRPC, ...KAFKA, ...PG], foreign: [] },
  {
    role: 'hub',
    late: ['node_modules/pg/', 'node_modules/pg-protocol/'],
    // It asks an engine (send/upstream) what is collected, and passes nothing on.
    foreign: [...STORE, ...GRPC, ...KAFKA, ...SENDING, 'src/collect/'],
  },
  { role: 'check', late: [], foreign: [...STORE, ...GRPC, ...KAFKA, ...PG, 'src/send/'] },
] as const

for (const { role, late, foreign } of ROWS) {
  test(`${role} starts with what it always needs, and nothing else`, async () => {
    const chunks = await bundle(role)
    const all = namesOf([...chunks.values()])
    const atStart = namesOf(reachedAtStart(`${role}.js`, chunks))
    assert.ok(atStart.includes(ENTRIES[role]), 'the entry itself is there')
    for (const part of late) {
      assert.deepEqual(matching(atStart, part), [], `${part} is loaded at the start`)
      assert.notDeepEqual(matching(all, part), [], `${part} cannot be loaded at all`)
    }
    for (const part of foreign) assert.deepEqual(matching(all, part), [], part)
  })
}

/** The files of a role by their name, not written anywhere. */
async function bundle(role: string): Promise<Map<string, OutputChunk>> {
  const build = await readModules(ENTRIES[role])
  const { output } = await build.generate({ ...outputOf(role), minify: false })
  await build.close()
  const chunks = output.filter((file) => file.type === 'chunk')
  return new Map(chunks.map((chunk) => [chunk.fileName, chunk]))
}

/** The entry and what it imports before it runs. */
function reachedAtStart(entry: string, chunks: ReadonlyMap<string, OutputChunk>): OutputChunk[] {
  const names = new Set([entry])
  const reached: OutputChunk[] = []
  for (const name of names) {
    const chunk = chunks.get(name)
    if (chunk === undefined) continue
    reached.push(chunk)
    for (const imported of chunk.imports) names.add(imported)
  }
  return reached
}

/** Modules below the checkout, and packages that stay outside. */
function namesOf(chunks: readonly OutputChunk[]): string[] {
  return chunks.flatMap(({ moduleIds, imports, dynamicImports }) => [
    ...moduleIds.map((id) => relative(root, id)),
    ...[...imports, ...dynamicImports].filter((name) => !name.endsWith('.js')),
  ])
}

function matching(names: readonly string[], part: string): string[] {
  return names.filter((name) => name.startsWith(part))
}
