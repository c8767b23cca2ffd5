/** Content changed by people: real git, one commit for each change, nobody's work overwritten. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ANN, BEN, EDITED, makeWorld, placeOf, RULES, savedOf } from './world.ts'

test('before the first change there is no repository, and one version: what comes with the program', async () => {
  const { edits, repository } = makeWorld()
  const file = await edits.file('own', 'alerts.yaml')
  assert.deepEqual({ ...file, tag: '' }, { text: RULES, source: 'bundled', tag: '' })
  const versions = await edits.versions('own', 'alerts.yaml')
  assert.deepEqual(
    versions.map(({ id, source, summary }) => [id, source, summary]),
    [['base', 'bundled', 'Comes with narthex 1']],
  )
  assert.equal((await edits.version('own', 'alerts.yaml', 'base')).text, RULES)
  assert.equal(existsSync(repository), false)
})

test('a change is a commit with its author, and is shown before it is answered', async () => {
  const world = makeWorld()
  const { edits } = world
  const saved = savedOf(await edits.save(await placeOf(edits), EDITED, ANN))
  assert.equal(world.shown, 1)
  assert.equal(
    world.git('log', '--format=%H %an <%ae> %cn: %s', '--name-only').trim(),
    `${saved.id} Ann <Ann@narthex.invalid> narthex: one\n\nown/alerts.yaml`,
  )
  const file = await edits.file('own', 'alerts.yaml')
  assert.deepEqual(file, { text: EDITED, source: 'edits', tag: saved.tag })
  const versions = await edits.versions('own', 'alerts.yaml')
  assert.deepEqual(
    versions.map(({ id, by }) => [id, by]),
    [
      [saved.id, 'Ann'],
      ['base', ''],
    ],
  )
  assert.ok(Math.abs(versions[0].timeMs - Date.now()) < 60_000)
  assert.equal((await edits.version('own', 'alerts.yaml', saved.id)).text, EDITED)
})

test('of two who save the same file at once one wins, the other sees both texts, nothing is lost', async () => {
  const world = makeWorld()
  const [ann, ben] = [world.edits, world.another()]
  const place = await placeOf(ann)
  const theirs = EDITED.replace('1', '2')
  const outcomes = await Promise.all([ann.save(place, EDITED, ANN), ben.save(place, theirs, BEN)])
  const saved = outcomes.filter((each) => 'saved' in each)
  assert.equal(saved.length, 1)
  const annWon = 'saved' in outcomes[0]
  const lost = outcomes[annWon ? 1 : 0]
  assert.ok('conflict' in lost)
  assert.equal(lost.conflict.theirs?.text, annWon ? EDITED : theirs)
  assert.equal(lost.conflict.theirs?.by, annWon ? 'Ann' : 'Ben')

  const seenTag = lost.conflict.theirs?.tag ?? ''
  const [loser, text] = annWon ? [ben, theirs] : [ann, EDITED]
  savedOf(await loser.save({ ...place, seenTag }, text, BEN))
  const texts = []
  for (const { id } of await ann.versions('own', 'alerts.yaml')) {
    texts.push((await ann.version('own', 'alerts.yaml', id)).text)
  }
  assert.deepEqual(new Set(texts), new Set([EDITED, theirs, RULES]))
})

test('who saves different files at once is in nobody’s way', async () => {
  const world = makeWorld()
  const programs = [world.edits, world.another(), world.another()]
  const files = ['alerts.yaml', 'README.md', 'helm.yaml']
  const { seenTag } = await placeOf(world.edits)
  const outcomes = await Promise.all(
    files.map((file, n) =>
      programs[n].save(
        { entry: 'own', file, seenTag: file === 'alerts.yaml' ? seenTag : '' },
        EDITED,
        ANN,
      ),
    ),
  )
  assert.deepEqual(
    outcomes.map((each) => Object.keys(each)),
    files.map(() => ['saved']),
  )
  assert.equal(world.git('ls-tree', '-r', '--name-only', 'main').trim().split('\n').length, 3)
})
test('a change that is said again is there once', async () => {
  const world = makeWorld()
  const place = await placeOf(world.edits)
  const first = savedOf(await world.edits.save(place, EDITED, ANN))
  assert.deepEqual(savedOf(await world.edits.save(place, EDITED, ANN)), first)
  assert.equal(world.git('rev-list', '--count', 'main').trim(), '1')
})

test('an edit that is taken back shows what comes with the program, and stays in the versions', async () => {
  const { edits } = makeWorld()
  const bundled = await placeOf(edits)
  const first = savedOf(await edits.save(bundled, EDITED, ANN))
  const stale = await edits.takeBack(bundled, BEN)
  assert.ok('conflict' in stale, 'what has changed since is not thrown away')
  const back = await edits.takeBack(await placeOf(edits), { author: 'Ben', summary: '' })
  assert.equal(savedOf(back).tag, bundled.seenTag)
  assert.equal((await edits.file('own', 'alerts.yaml')).source, 'bundled')
  const versions = await edits.versions('own', 'alerts.yaml')
  assert.deepEqual(
    versions.map(({ by, summary, isRemoval }) => [by, summary, isRemoval]),
    [
      ['Ben', 'Take the edit of alerts.yaml of own back', true],
      ['Ann', 'one', false],
      ['', 'Comes with narthex 1', false],
    ],
  )
  assert.equal((await edits.version('own', 'alerts.yaml', versions[0].id)).text, RULES)
  assert.equal((await edits.version('own', 'alerts.yaml', first.id)).text, EDITED)
  savedOf(await edits.save(await placeOf(edits), EDITED, ANN))
  assert.equal((await edits.versions('own', 'alerts.yaml')).length, 4)
})

test('a new entry begins with its entry.yaml', async () => {
  const { edits } = makeWorld()
  const rules = { entry: 'new', file: 'alerts.yaml', seenTag: '' }
  await assert.rejects(edits.save(rules, RULES, ANN), /no such entry, begin with its entry\.yaml/)
  const text = 'name: new\ntitle: New\ncategory: Software\ndescription: d\nport: 1\n'
  const outcome = await edits.save({ ...rules, file: 'entry.yaml' }, `${text}recognise: [a]\n`, ANN)
  savedOf(outcome)
  savedOf(await edits.save(rules, RULES, ANN))
  assert.equal((await edits.file('new', 'alerts.yaml')).text, RULES)
})

test('what is wrong with a text is told in full, and nothing is committed', async () => {
  const { edits, repository } = makeWorld()
  const outcome = await edits.save(await placeOf(edits), '- alert: A\n  expr: sum(\n', ANN)
  assert.ok('problems' in outcome)
  assert.deepEqual(
    outcome.problems.filter(({ isFault }) => isFault).map(({ line, column }) => [line, column]),
    [[2, 12]],
  )
  assert.equal(existsSync(repository), false)
})

test('where nothing may be changed the reason is told', async () => {
  const { edits } = makeWorld({ reason: 'several hubs share it' })
  await assert.rejects(edits.save(await placeOf(edits), EDITED, ANN), /several hubs share it/)
})

test('C32: no name leads out of the repository', async () => {
  const world = makeWorld()
  const names = [
    '..',
    '../own',
    'own/..',
    '',
    '.',
    'own/',
    '%2e%2e',
    'own\0',
    '-own',
    'OWN',
    'a'.repeat(65),
  ]
  const files = [
    '../x',
    '/etc/passwd',
    '',
    '.git',
    'HEAD',
    'alerts.yaml/x',
    'alerts.yaml\n',
    '__proto__',
  ]
  const tried = [
    ...names.map((entry) => ({ entry, file: 'alerts.yaml', seenTag: '' })),
    ...files.map((file) => ({ entry: 'own', file, seenTag: '' })),
  ]
  for (const place of tried) {
    const { entry, file } = place
    await assert.rejects(world.edits.save(place, RULES, ANN), { kind: 'not_found' })
    await assert.rejects(world.edits.takeBack(place, ANN), { kind: 'not_found' })
    await assert.rejects(world.edits.file(entry, file), { kind: 'not_found' })
    await assert.rejects(world.edits.versions(entry, file), { kind: 'not_found' })
  }
  for (const id of ['HEAD', '--help', 'main:../x', '0'.repeat(40), '']) {
    await assert.rejects(world.edits.version('own', 'alerts.yaml', id), { kind: 'not_found' })
  }
  assert.deepEqual(readdirSync(world.path), [])
})

test('names and sentences of people are signed as git takes them, and are no options', async () => {
  const world = makeWorld()
  const signs = [
    [
      { author: 'ann@example.org', summary: '--amend' },
      'ann@example.org <ann@example.org>: --amend',
    ],
    [
      { author: 'A\n<b>\u2028c', summary: 'x\n\nSigned-off-by: y\0' },
      'A b c <A-b-c@narthex.invalid>: x Signed-off-by: y',
    ],
    [
      { author: '<>..', summary: '# no comment' },
      'somebody <somebody@narthex.invalid>: # no comment',
    ],
    [{ author: '김철수', summary: '고침' }, '김철수 <somebody@narthex.invalid>: 고침'],
    [
      { author: '--help', summary: 'x'.repeat(999) },
      `--help <help@narthex.invalid>: ${'x'.repeat(200)}`,
    ],
  ] as const
  for (const [n, [sign]] of signs.entries()) {
    savedOf(await world.edits.save(await placeOf(world.edits), EDITED.replace('1', `1${n}`), sign))
  }
  const told = world
    .git('log', '--reverse', '--format=%an <%ae>: %B', '-z')
    .split('\0')
    .slice(0, -1)
  assert.deepEqual(
    told.map((each) => each.trim()),
    signs.map(([, wanted]) => wanted),
  )
})

test('hooks and settings of the repository’s surroundings do nothing', async () => {
  const world = makeWorld()
  savedOf(await world.edits.save(await placeOf(world.edits), EDITED, ANN))
  const ran = join(world.path, 'ran')
  mkdirSync(join(world.repository, 'hooks'), { recursive: true })
  for (const hook of ['reference-transaction', 'post-update', 'pre-commit']) {
    writeFileSync(join(world.repository, 'hooks', hook), `#!/bin/sh\ntouch ${ran}\n`, {
      mode: 0o755,
    })
  }
  savedOf(await world.edits.save(await placeOf(world.edits), EDITED.replace('1', '3'), BEN))
  assert.equal(existsSync(ran), false)
})
