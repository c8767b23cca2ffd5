/** What people may say of a source that they add. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { purposeOf, readWantedSource } from '../../../src/hub/sources/settings.ts'

test('a source says where it is; what it does not say is filled in', () => {
  const wanted = { type: 'git', url: ' https://[2001:db8::1]/x.git ', path: 'rules//' }
  assert.deepEqual(readWantedSource('team', wanted, undefined), {
    done: {
      ...{ name: 'team', type: 'git', url: 'https://[2001:db8::1]/x.git', repository: '' },
      ...{ branch: '', path: 'rules', refreshMs: 3_600_000, token: '' },
    },
  })
})

test('what a token is sealed for changes with its name and each part of its address', () => {
  const place = { name: 'a', type: 'github', url: '', repository: 'o/r' } as const
  const all = [
    place,
    { ...place, name: 'b' },
    { ...place, type: 'git' as const },
    { ...place, url: 'https://h' },
    { ...place, repository: 'o/s' },
  ]
  assert.equal(new Set(all.map(purposeOf)).size, all.length)
})

for (const [wanted, field, reason] of [
  [{ type: 'folder', path: '/etc' }, 'type', /folders are only taken from a configuration file/],
  [{}, 'type', /wanted git or github/],
  [{ type: 'git', url: 'file:///etc' }, 'url', /wanted https:/],
  [{ type: 'git', url: '/etc/x.git' }, 'url', /wanted https:/],
  [{ type: 'git', url: '../x' }, 'url', /wanted https:/],
  [{ type: 'git', url: '--upload-pack=x' }, 'url', /wanted https:/],
  [{ type: 'git', url: 'ext::sh -c x' }, 'url', /wanted https:/],
  [{ type: 'git', url: 'https://u:canary-7c@h/x' }, 'url', /without a password/],
  [{ type: 'git', url: 'https://h/x', branch: '--all' }, 'branch', /wanted the name of a branch/],
  [{ type: 'git', url: 'https://h/x', path: '../x' }, 'path', /wanted a folder/],
  [{ type: 'git', url: 'ssh://h/x', token: 'x' }, 'token', /only https/],
  [{ type: 'github', repository: 'o' }, 'repository', /wanted owner\/name/],
  [{ type: 'github', repository: 'o/r', url: 'ftp://h' }, 'url', /that of an API/],
  [{ type: 'github', repository: 'o/r', token: 'canary-7c and more' }, 'token', /one word/],
  [{ type: 'github', repository: 'o/r', token: 7 }, 'token', /wanted a text/],
  [{ type: 'github', repository: 'o/r', refreshInterval: '1s' }, 'refreshInterval', /from 10s/],
  [{ type: 'github', repository: 'o/r', refreshInterval: 'x' }, 'refreshInterval', /from 10s/],
  [{ type: 'github', repository: 'o/r', tokenFile: '/etc/x' }, 'tokenFile', /unknown/],
  [[], '', /wanted an object/],
  [null, '', /wanted an object/],
] as const) {
  test(`${JSON.stringify(wanted)} is refused for its ${field}`, () => {
    const outcome = readWantedSource('team', wanted, undefined)
    assert.ok('problems' in outcome)
    assert.deepEqual(
      outcome.problems.map((each) => each.field),
      [field],
    )
    assert.match(outcome.problems[0].reason, reason)
    assert.ok(!JSON.stringify(outcome).includes('canary'))
  })
}
