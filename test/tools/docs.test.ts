/** Pages about flags and limits say what the code says. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { UP } from '../../src/cli/upflags.ts'
import { makePages } from '../../tools/docs.ts'
import { LIMITS } from '../../tools/limits.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')

for (const [path, text] of await makePages()) {
  test(`${path} is what \`npm run docs\` writes`, () => {
    assert.equal(readFileSync(join(root, path), 'utf8'), text)
  })
}

test('every flag that bounds something stands among the limits', () => {
  const told = new Set(Object.values(LIMITS).flatMap((limits) => limits.map(({ by }) => by)))
  const bounds = UP.flags.filter(({ name }) => /^limit\.|\.max-|\.retention\.|min-free/.test(name))
  assert.ok(bounds.length > 15)
  for (const { name } of bounds) assert.ok(told.has(`\`--${name}\``), `--${name} is missing`)
})

test('every metric that the pages name exists', () => {
  const code = globSync('src/**/*.ts', { cwd: root })
    .map((file) => readFileSync(join(root, file), 'utf8'))
    .join('\n')
  const pages = ['docs/*.md', 'README.md', 'SECURITY.md'].flatMap((glob) =>
    globSync(glob, { cwd: root }),
  )
  const text = pages.map((page) => readFileSync(join(root, page), 'utf8')).join('\n')
  const names = new Set(text.match(/`(narthex|prometheus)_[a-z_]+`/g))
  assert.ok(names.size > 30)
  for (const name of names) assert.ok(code.includes(`'${name.slice(1, -1)}'`), `${name} is unknown`)
})

const PAGES = globSync(['*.md', 'docs/**/*.md', 'bench/*.md'], { cwd: root })

/** What `#` of a link may lead to in a page. */
function anchorsOf(text: string): Set<string> {
  const heads = [...text.matchAll(/^#+ (.+)$/gm)].map(([, head]) => head.toLowerCase())
  return new Set(heads.map((head) => head.replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-')))
}

for (const page of PAGES) {
  test(`every link and picture of ${page} leads somewhere`, () => {
    const text = readFileSync(join(root, page), 'utf8')
    for (const [, target] of text.matchAll(/(?:\]\(|(?:src|srcset)=")(?!https?:)([^)"]+)[)"]/g)) {
      const [path, anchor] = target.split('#')
      const file = path === '' ? join(root, page) : join(root, dirname(page), path)
      const there = readFileSync(file, 'utf8')
      if (anchor !== undefined)
        assert.ok(anchorsOf(there).has(anchor), `${target} has no such head`)
    }
  })
}

/** Flags of other programs that the pages name. */
const FLAGS_OF_OTHERS: ReadonlySet<string> = new Set([
  'collect.info',
  'web.enable-remote-write-receiver',
])

test('every flag that the pages name exists', () => {
  const flags = (text: string): string[] =>
    [...text.matchAll(/(?<![\w-])--([a-z][a-z-]*\.[a-z.-]*[a-z])/g)].map(([, name]) => name)
  const ours = new Set(flags(readFileSync(join(root, 'docs/flags.md'), 'utf8')))
  assert.ok(ours.size > 40)
  for (const page of PAGES) {
    for (const name of flags(readFileSync(join(root, page), 'utf8'))) {
      assert.ok(ours.has(name) || FLAGS_OF_OTHERS.has(name), `${page} names --${name}`)
    }
  }
})

test('SECURITY.md names for every check tests that carry its number', () => {
  const carriers = new Map<string, Set<string>>()
  for (const file of globSync('test/**/*.test.ts', { cwd: root }).sort()) {
    for (const [check] of readFileSync(join(root, file), 'utf8').matchAll(
      /\bC(2[6-9]|3\d|40)\b/g,
    )) {
      carriers.set(check, (carriers.get(check) ?? new Set()).add(file))
    }
  }
  const page = readFileSync(join(root, 'SECURITY.md'), 'utf8')
  const rows = [...page.matchAll(/^\| (C\d\d) \|[^|]*\| ([^|]*) \|$/gm)]
  const told = new Map(rows.map(([, check, files]) => [check, files.split(', ')]))
  assert.deepEqual([...told.keys()], [...carriers.keys()].sort())
  for (const [check, files] of told) {
    for (const file of files) assert.ok(carriers.get(check)?.has(file), `${file} has no ${check}`)
  }
})
