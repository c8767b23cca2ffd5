/** A hub that takes a large file goes on answering. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startRole, temporaryFolder } from '../support/processes.ts'

const TARGETS = 60_000
const GROUPS = 600

const folder = temporaryFolder('hubimport')
const hub = await startRole('hub', [`--storage.path=${folder.path}`, '--log.level=warn'])
after(async () => {
  await hub.stop()
  folder.remove()
})

const FILES = {
  'text/csv': (change: string) => {
    const rows = each((group, target, label) => `${group},${target},${change},${label}\n`)
    return `group,target,change,name\n${rows}`
  },
  'application/yaml': (change: string) => {
    let last = ''
    return each((group, target, label) => {
      const head = group === last ? '' : `${group}:\n`
      last = group
      return `${head}  - targets: ["${target}"]\n    labels: {change: "${change}", name: "${label}"}\n`
    })
  },
} as const

function each(write: (group: string, target: string, label: string) => string): string {
  const size = TARGETS / GROUPS
  return Array.from({ length: TARGETS }, (_, i) =>
    write(`group-${Math.floor(i / size)}`, `10.0.${i >> 8}.${i & 255}:9100`, `세컨더리 ${i}`),
  ).join('')
}

async function send(type: string, body: string, dryRun: boolean): Promise<unknown> {
  const reply = await fetch(`${hub.url}/api/v1/sd/import?dry_run=${dryRun}`, {
    ...{ method: 'POST', headers: { 'content-type': type }, body },
  })
  const text = await reply.text()
  assert.equal(reply.status, 200, text)
  return JSON.parse(text)
}

/** Answers one after the other until a change is over, and the longest time without one. */
async function whileListing(change: Promise<unknown>): Promise<{ answers: number; share: number }> {
  let isOver = false
  const over = change.finally(() => {
    isOver = true
  })
  const startedMs = performance.now()
  let [answers, longestMs, lastMs] = [0, 0, startedMs]
  while (!isOver) {
    const reply = await fetch(`${hub.url}/sd/http?env=none`)
    assert.equal(await reply.text(), '[]')
    const nowMs = performance.now()
    longestMs = Math.max(longestMs, nowMs - lastMs)
    lastMs = nowMs
    answers++
  }
  await over
  return { answers, share: longestMs / (performance.now() - startedMs) }
}

for (const [type, write] of Object.entries(FILES)) {
  for (const dryRun of [true, false]) {
    const what = dryRun ? 'a dry run of a file' : 'a file'
    test(`lists are answered while ${what} of ${type} with 60,000 targets is read`, async () => {
      const { answers, share } = await whileListing(send(type, write(`${type} ${dryRun}`), dryRun))
      assert.ok(answers >= 10, `${answers} lists were answered`)
      assert.ok(share < 0.7, `${share} of the time there was no answer`)
    })
  }
}

test('what was taken is in the next list', async () => {
  await send('text/csv', 'group,target,change\nnew,h:1,last\n', false)
  const list = await (await fetch(`${hub.url}/sd/http?change=last`)).json()
  assert.deepEqual(list, [{ targets: ['h:1'], labels: { change: 'last' } }])
})
