/** narthex.hub: which content sources may be configured. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readConfig } from '../../src/config/config.ts'

function errorsOf(source: string): string {
  const { errors } = readConfig(`narthex: {hub: {sources: [${source}]}}`, '/etc/n/narthex.yml', {})
  return errors.map(({ message }) => message).join('\n')
}

test('a folder and a repository, with what is not said filled in', () => {
  const yaml =
    '{name: a, type: folder, path: x}, {name: b, type: git, url: "https://h/x", path: rules/}, {name: c, type: github, repository: o/r.x}'
  const { config, errors } = readConfig(
    `narthex: {hub: {sources: [${yaml}]}}`,
    '/etc/n/narthex.yml',
    {},
  )
  assert.deepEqual(errors, [])
  const common = {
    ...{ repository: '', branch: '', refreshMs: 3_600_000, refreshMsMax: 120_000, tokenFile: '' },
    ...{ token: undefined, isAdded: false },
  }
  assert.deepEqual(config?.narthex.hub.sources, [
    { name: 'a', type: 'folder', path: '/etc/n/x', url: '', ...common },
    { name: 'b', type: 'git', path: 'rules', url: 'https://h/x', ...common },
    { name: 'c', type: 'github', path: '', url: '', ...common, repository: 'o/r.x' },
  ])
})

for (const url of [
  ...['https://h/x.git', 'http://h:8080/x', 'ssh://git@h:22/x', 'git://h/x', 'file:///srv/x.git'],
  ...['/srv/x.git', 'git@h.example:team/x.git'],
]) {
  test(`C35: ${url} is where a repository may be`, () => {
    assert.equal(errorsOf(`{name: a, type: git, url: "${url}"}`), '')
  })
}

for (const url of [
  ...['', '-oProxyCommand=x', '--upload-pack=x', 'ext::sh -c x', 'ext::sh', 'relative/x', '../x'],
  ...[
    'https://u:canary@h/x',
    'https://canary@h/x',
    'ssh://-oProxyCommand=x/y',
    'ssh://u:canary@h/x',
  ],
  ...['git@-h:x', 'git@h:-x', '-u@h:x', 'ftp://h/x', 'https://', 'https://h/a b', 'fd::17'],
]) {
  test(`C35: ${JSON.stringify(url)} is not, and is not repeated`, () => {
    const said = errorsOf(`{name: a, type: git, url: "${url}"}`)
    assert.match(said, /^cannot use this address of a repository, wanted https:/)
    assert.ok(!said.includes('canary'))
  })
}

for (const branch of ['-x', '--all', 'a..b', 'a b', '/a', 'a/', 'a.lock', 'a:b', '+a', 'refs/*']) {
  test(`C35: ${branch} is no branch`, () => {
    const said = errorsOf(`{name: a, type: git, url: /x, branch: "${branch}"}`)
    assert.match(said, /^cannot use branch /)
  })
}

for (const path of ['-x', '/etc', '../x', 'a/../../b', 'a:b', ':(glob)x']) {
  test(`C35: ${path} is no folder of a repository`, () => {
    const said = errorsOf(`{name: a, type: git, url: /x, path: "${path}"}`)
    assert.match(said, /^cannot use path /)
  })
}

for (const [source, wanted] of [
  ['{name: A, type: folder, path: x}', /cannot use name "A" of a source/],
  ['{name: bundled, type: folder, path: x}', /cannot use name "bundled" of a source/],
  ['{name: edits, type: folder, path: x}', /cannot use name "edits" of a source/],
  ['{name: a, path: x}', /source "a" has no type/],
  ['{name: a, type: github}', /cannot use "", wanted owner\/name/],
  ['{name: a, type: github, repository: "o/../x"}', /wanted owner\/name/],
  ['{name: a, type: github, repository: "o/.."}', /wanted owner\/name/],
  ['{name: a, type: github, repository: o/r, url: "https://u:p@h/"}', /wanted that of an API/],
  ['{name: a, type: github, repository: o/r, url: "file:///x"}', /wanted that of an API/],
  ['{name: a, type: git, url: /x, repository: o/r}', /only github has a repository/],
  ['{name: a, type: folder, path: x, repository: o/r}', /a folder has no repository/],
  ['{name: a, type: svn}', /unknown type "svn" of a source, wanted folder, git or github/],
  ['{name: a, type: folder}', /source "a" has no path/],
  ['{name: a, type: folder, path: x, url: /x}', /a folder has no url/],
  ['{name: a, type: git, url: /x, token_file: t}', /token_file is only for https/],
  ['{name: a, type: folder, path: x, refresh_interval: 1s}', /refresh_interval below 10s/],
  ['{name: a, type: folder, path: x, refresh_timeout: 1h}', /refresh_timeout, wanted 1s to 10m/],
  [
    '{name: a, type: folder, path: x}, {name: a, type: folder, path: y}',
    /a second source named "a"/,
  ],
] as const) {
  test(`refused: ${source}`, () => assert.match(errorsOf(source), wanted))
}

test('changes of content go to a repository of the hub’s own, or to one that is named', () => {
  const editsOf = (yaml: string) =>
    readConfig(`narthex: {hub: {${yaml}}}`, '/etc/n/narthex.yml', {}).config?.narthex.hub.edits
  assert.deepEqual(editsOf(''), { url: '', branch: 'main', tokenFile: '' })
  assert.deepEqual(editsOf('edits: {url: "https://h/x", branch: b, token_file: t}'), {
    ...{ url: 'https://h/x', branch: 'b', tokenFile: '/etc/n/t' },
  })
})

for (const [yaml, fault] of [
  ['{branch: b}', /^edits have no url$/],
  ['{url: "https://u:canary@h/x"}', /^cannot use this address of a repository/],
  ['{url: "ext::sh -c x"}', /^cannot use this address of a repository/],
  ['{url: /x, branch: "--all"}', /^cannot use branch/],
  ['{url: /x, token_file: t}', /^token_file is only for https/],
] as const) {
  test(`C35: edits do not go to ${yaml}`, () => {
    const { errors } = readConfig(`narthex: {hub: {edits: ${yaml}}}`, '/etc/n/narthex.yml', {})
    const said = errors.map(({ message }) => message).join('\n')
    assert.match(said, fault)
    assert.ok(!said.includes('canary'))
  })
}
