/** The routes of content sources: who may use them, and what they answer. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SourceStatus, SourcesView } from '../../../src/model/sources.ts'
import { handleRefresh, sourceRoutes } from '../../../src/serve/hub/sources.ts'

const GOOD: SourceStatus = {
  ...{ name: 'team', type: 'git', origin: 'https://h/x', commit: 'c', entries: 2, checkedMs: 3 },
  ...{ goodMs: 3, failingSinceMs: 0, error: '', faults: [], isRefreshing: false, nextMs: 4 },
}

function viewOf(list: readonly SourceStatus[], asked: string[] = []): SourcesView {
  return {
    list: () => list,
    refresh: async (name) => {
      asked.push(name)
      return list
    },
    remove: async () => {},
  }
}

test('everybody looks, only an admin asks and removes', () => {
  const roles = sourceRoutes(viewOf([])).map(({ path, methods, role, changes }) => ({
    ...{ path, methods, role, changes },
  }))
  assert.deepEqual(roles, [
    { path: '/api/v1/hub/sources', methods: ['GET'], role: 'viewer', changes: false },
    { path: '/api/v1/hub/refresh', methods: ['POST'], role: 'admin', changes: true },
    { path: '/api/v1/hub/sources/:name', methods: ['DELETE'], role: 'admin', changes: true },
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
