/** The routes of content sources: who may use them, and what they answer. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SourceStatus, SourcesView } from '../../../src/model/sources.ts'
import { handlePut, handleRefresh, sourceRoutes } from '../../../src/serve/hub/sources.ts'

const GOOD: SourceStatus = {
  ...{ name: 'team', type: 'git', origin: 'https://h/x', commit: 'c', entries: 2, checkedMs: 3 },
  ...{ goodMs: 3, failingSinceMs: 0, error: '', faults: [], isRefreshing: false, nextMs: 4 },
  ...{ place: 'records', added: null, progress: null },
}

function viewOf(list: readonly SourceStatus[], asked: string[] = []): SourcesView {
  return {
    list: () => list,
    refresh: async (name) => {
      asked.push(name)
      return list
    },
    put: async () => ({ done: GOOD }),
    remove: async () => {},
  }
}

test('everybody looks, only an admin asks, adds, changes and removes', () => {
  const roles = sourceRoutes(viewOf([])).map(({ path, methods, role, changes }) => ({
    ...{ path, methods, role, changes },
  }))
  const one = '/api/v1/hub/sources/:name'
  assert.deepEqual(roles, [
    { path: '/api/v1/hub/sources', methods: ['GET'], role: 'viewer', changes: false },
    { path: '/api/v1/hub/refresh', methods: ['POST'], role: 'admin', changes: true },
    { path: `${one}/refresh`, methods: ['POST'], role: 'admin', changes: true },
    { path: one, methods: ['PUT'], role: 'admin', changes: true },
    { path: one, methods: ['DELETE'], role: 'admin', changes: true },
  ])
})

test('a refresh names one source or none, and a failing one is a warning', async () => {
  const asked: string[] = []
  const bad = { ...GOOD, name: 'bad', error: 'gone', failingSinceMs: 2 }
  const view = viewOf([GOOD, bad], asked)
  for (const query of ['', 'source=bad']) {
    const { status, body } = await handleRefresh({ params: new URLSearchParams(query) }, view)
    assert.equal(status, 200)
    assert.deepEqual(JSON.parse(String(body)), {
      status: 'success',
      data: [GOOD, bad],
      warnings: ['bad: gone'],
    })
  }
  assert.deepEqual(asked, ['', 'bad'])
})

test('settings go on with who sent them and which version they saw; problems are told by field', async () => {
  const seen: unknown[] = []
  const view: SourcesView = {
    ...viewOf([]),
    put: async (...given) => {
      seen.push(given)
      const problems = [{ index: -1, field: 'url', reason: 'wanted another' }]
      return seen.length === 1 ? { done: GOOD } : { problems }
    },
  }
  const put = (body: string, headers: Readonly<Record<string, string>> = {}) =>
    handlePut(
      {
        ...{ segments: new Map([['name', 'team']]), body: Buffer.from(body), address: '192.0.2.7' },
        ...{ identity: { name: 'anne', role: 'admin' }, header: (name: string) => headers[name] },
      } as never,
      view,
    )
  const taken = await put('{"type":"git"}', { 'if-match': '"3"' })
  assert.deepEqual(JSON.parse(String(taken.body)).data, GOOD)
  assert.deepEqual(seen[0], ['team', { type: 'git' }, { by: 'anne', version: 3 }])
  const refused = await put('{}')
  assert.equal(refused.status, 422)
  assert.match(String(refused.body), /cannot take source \\"team\\": url: wanted another/)
  assert.equal((await put('{')).status, 422)
  assert.equal(seen.length, 2)
  await assert.rejects(put('{}', { 'if-match': 'x' }), { kind: 'bad_data' })
})
