/** Edits of several hubs in one repository elsewhere: a commit counts when it is there. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, test } from 'node:test'
import { startGitServer } from '../../support/githttp.ts'
import { temporaryFolder } from '../../support/processes.ts'
import { ANN, BEN, EDITED, makeWorld, placeOf, RULES, savedOf } from './world.ts'

const TOKEN = 'canary-token-9c'

const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0).reverse()) end()
})

function makeShared(): string {
  const folder = temporaryFolder('shared')
  ends.push(folder.remove)
  const url = join(folder.path, 'team.git')
  execFileSync('git', ['init', '-q', '--bare', '--initial-branch=main', url])
  return url
}

test('two hubs commit to one repository, and see each other’s changes', async () => {
  const url = makeShared()
  const remote = { url, token: '' }
  const [one, two] = [makeWorld({ remote }), makeWorld({ remote })]
  const place = await placeOf(one.edits)
  savedOf(await one.edits.save(place, EDITED, ANN))
  const late = await two.edits.save(place, EDITED.replace('1', '2'), BEN)
  assert.ok('conflict' in late, 'it was changed at the other hub')
  assert.equal(late.conflict.theirs?.text, EDITED)
  assert.equal(late.conflict.theirs?.by, 'Ann')

  const readme = { entry: 'own', file: 'README.md', seenTag: '' }
  const outcomes = await Promise.all([
    one.edits.save({ ...readme, file: 'helm.yaml' }, 'a: 1\n', ANN),
    two.edits.save(readme, 'text', BEN),
  ])
  assert.deepEqual(
    outcomes.flatMap((each) => Object.keys(each)),
    ['saved', 'saved'],
  )
  const count = execFileSync('git', ['rev-list', '--count', 'main'], { cwd: url, encoding: 'utf8' })
  assert.equal(count.trim(), '3')
  const brought = await one.edits.bring('')
  assert.equal(brought?.files.length, 3)
  assert.equal(await one.edits.bring(brought?.commit ?? ''), undefined)
})

test('while the repository is away nothing is said to be saved, and what was there stays', async () => {
  const url = makeShared()
  const world = makeWorld({ remote: { url, token: '' } })
  savedOf(await world.edits.save(await placeOf(world.edits), EDITED, ANN))
  rmSync(url, { recursive: true })
  const place = await placeOf(world.edits)
  await assert.rejects(world.edits.save(place, RULES, BEN), { kind: 'io' })
  assert.equal((await world.edits.file('own', 'alerts.yaml')).text, EDITED)
  assert.equal((await world.edits.versions('own', 'alerts.yaml')).length, 2)

  execFileSync('git', ['init', '-q', '--bare', '--initial-branch=main', url])
  await assert.rejects(world.edits.save(place, RULES, BEN), /has no refs\/heads\/main any more/)
  await assert.rejects(world.edits.bring(''), /any more/)
})

test('FIELD 1, C28: a token goes to its repository, and into no file, argument or error', async () => {
  const url = makeShared()
  execFileSync('git', ['config', 'http.receivepack', 'true'], { cwd: url })
  const server = await startGitServer(join(url, '..'), TOKEN)
  ends.push(server.stop)
  const world = makeWorld({ remote: { url: `${server.url}/team.git`, token: TOKEN } })
  savedOf(await world.edits.save(await placeOf(world.edits), EDITED, ANN))
  server.token = 'revoked'
  const place = await placeOf(world.edits)
  const refused = await world.edits.save(place, RULES, BEN).catch((error: unknown) => String(error))
  assert.match(String(refused), /cannot run git ls-remote/)
  assert.doesNotMatch(String(refused), /canary/)
  for (const each of readdirSync(world.repository, { recursive: true, withFileTypes: true })) {
    if (!each.isFile()) continue
    const text = readFileSync(join(each.parentPath, each.name), 'latin1')
    assert.ok(!text.includes(TOKEN) && !text.includes(btoa(`x-access-token:${TOKEN}`)), each.name)
  }
  assert.ok(existsSync(join(world.repository, 'HEAD')))
})
