/** The routes of edits: who may use them, what they want, and how refusals read. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EditOutcome, EditPlace, EditSign, EditsView } from '../../../src/model/edits.ts'
import type { Ask, Reply } from '../../../src/net/server/message.ts'
import { editRoutes } from '../../../src/serve/hub/edits.ts'

const VERSION = {
  ...{ id: 'c0ffee', source: 'edits', timeMs: 3, by: 'Ann', summary: 'why', isRemoval: false },
}
const PATH = '/api/v1/hub/entries/:name/files/:file'

interface Called {
  readonly place: EditPlace
  readonly text: string | undefined
  readonly sign: EditSign
}

function viewOf(outcome: EditOutcome, called: Called[] = []): EditsView {
  const change = (place: EditPlace, text: string | undefined, sign: EditSign) => {
    called.push({ place, text, sign })
    return Promise.resolve(outcome)
  }
  return {
    state: async () => ({ reason: '', origin: '/data/catalogue.git' }),
    file: async () => ({ text: 'a: 1\n', tag: 'tag-1', source: 'bundled' }),
    versions: async () => [VERSION],
    version: async () => ({ ...VERSION, text: 'a: 1\n' }),
    check: () => [{ line: 1, column: 2, message: 'm', isFault: true }],
    save: change,
    takeBack: (place, sign) => change(place, undefined, sign),
  }
}

async function ask(
  view: EditsView,
  method: string,
  path: string,
  more: {
    readonly headers?: Record<string, string>
    readonly body?: unknown
    readonly name?: string
  } = {},
): Promise<Reply> {
  const route = editRoutes(view).find((each) => each.path === path && each.methods[0] === method)
  assert.ok(route !== undefined)
  const asked: Ask = {
    method,
    params: new URLSearchParams({ file: 'alerts.yaml', summary: 'why' }),
    segments: new Map([
      ['name', 'own'],
      ['file', 'alerts.yaml'],
      ['id', 'c0ffee'],
    ]),
    identity: { name: more.name ?? 'ann', role: 'editor' },
    address: '192.0.2.7',
    body: new TextEncoder().encode(JSON.stringify(more.body ?? '')),
    signal: new AbortController().signal,
    header: (name) => more.headers?.[name],
  }
  return await route.handle(asked)
}

const SEEN = { 'if-match': '"tag-1"' }
const SAVED = { saved: { ...VERSION, tag: 'tag-2' } }

test('everybody looks, only an admin changes', () => {
  const roles = editRoutes(viewOf(SAVED)).map(({ methods, role, changes }) => [
    ...methods,
    role,
    changes,
  ])
  assert.deepEqual(roles, [
    ['GET', 'viewer', false],
    ['GET', 'viewer', false],
    ['PUT', 'admin', true],
    ['DELETE', 'admin', true],
    ['POST', 'admin', true],
    ['GET', 'viewer', false],
    ['GET', 'viewer', false],
  ])
})

test('a change names what its author has seen, and is signed with who asks', async () => {
  const called: Called[] = []
  const body = { text: 'b: 2\n', summary: 'why' }
  const reply = await ask(viewOf(SAVED, called), 'PUT', PATH, { headers: SEEN, body })
  assert.equal(reply.status, 200)
  assert.equal(reply.headers?.etag, '"tag-2"')
  const place = { entry: 'own', file: 'alerts.yaml', seenTag: 'tag-1' }
  assert.deepEqual(called, [{ place, text: 'b: 2\n', sign: { author: 'ann', summary: 'why' } }])

  await ask(viewOf(SAVED, called), 'PUT', PATH, { headers: { 'if-none-match': '*' }, body })
  assert.equal(called[1].place.seenTag, '')
  await ask(viewOf(SAVED, called), 'DELETE', PATH, { headers: SEEN, name: 'anybody' })
  assert.deepEqual(called[2].sign, { author: 'anybody at 192.0.2.7', summary: 'why' })
})

test('who does not say what he has seen is refused', async () => {
  for (const headers of [
    {},
    { 'if-match': '*' },
    { 'if-match': 'tag-1' },
    { 'if-match': '"a b"' },
  ]) {
    const asked = ask(viewOf(SAVED), 'PUT', PATH, { headers, body: { text: 'a' } })
    await assert.rejects(asked, { kind: 'bad_data' })
  }
  for (const body of ['', 1, null, [], { text: 1 }, { text: 'a', summary: 2 }]) {
    const asked = ask(viewOf(SAVED), 'PUT', PATH, { headers: SEEN, body })
    await assert.rejects(asked, { kind: 'bad_data' })
  }
})

test('422 tells every problem with its place, 409 what somebody else has made of the file', async () => {
  const problems = [
    { line: 3, column: 1, message: 'a hint', isFault: false },
    { line: 5, column: 7, message: 'parse error', isFault: true },
  ]
  const body = { text: 'a' }
  const refused = await ask(viewOf({ problems }), 'PUT', PATH, { headers: SEEN, body })
  assert.equal(refused.status, 422)
  const told = JSON.parse(String(refused.body))
  assert.equal(told.error, 'cannot save own/alerts.yaml: 5:7: parse error')
  assert.deepEqual(told.problems[1], {
    ...{ index: -1, field: '', reason: 'parse error', line: 5, column: 7, isFault: true },
  })

  const theirs = { ...VERSION, text: 'theirs', tag: 'tag-3' }
  const late = await ask(viewOf({ conflict: { theirs } }), 'PUT', PATH, { headers: SEEN, body })
  assert.equal(late.status, 409)
  const conflict = JSON.parse(String(late.body))
  assert.match(conflict.error, /Ann has changed it/)
  assert.deepEqual(conflict.theirs, theirs)
  const gone = await ask(viewOf({ conflict: { theirs: undefined } }), 'DELETE', PATH, {
    headers: SEEN,
  })
  assert.equal(JSON.parse(String(gone.body)).theirs, null)
})

test('a text is checked without being saved, and a viewer is told that he may not change it', async () => {
  const checked = await ask(viewOf(SAVED), 'POST', `${PATH}/check`, { body: { text: 'a' } })
  assert.equal(JSON.parse(String(checked.body)).data.problems.length, 1)
  const state = await ask(viewOf(SAVED), 'GET', '/api/v1/hub/edits')
  assert.deepEqual(JSON.parse(String(state.body)).data, {
    ...{ reason: '', origin: '/data/catalogue.git', isAllowed: false },
  })
})
