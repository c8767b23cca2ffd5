/** The hands-on texts, held against the packages of Debian and the real promtool. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse, stringify } from 'yaml'
import { findComponent } from '../../tools/components.ts'
import { missingComponents, temporaryFolder } from '../support/processes.ts'
import { flagsIn, READMES, type Readme } from './readmes.ts'

/** Entries whose table of flags is that of another program than the exporter of Debian. */
const PROGRAMS: Readonly<Record<string, string>> = {
  alertmanager: 'prometheus-alertmanager',
  etcd: 'etcd',
  pgbouncer: 'pgbouncer_exporter', // that of Debian does not work
  prometheus: 'prometheus',
  pushgateway: 'prometheus-pushgateway',
  'smokeping-prober': 'prometheus-smokeping-prober',
}

function programOf(name: string): string {
  return PROGRAMS[name] ?? `prometheus-${name}-exporter`
}

for (const { name, text } of READMES) {
  const program = programOf(name)
  const flags = flagsIn(text)
  if (flags.length === 0 || findComponent(program) === undefined) continue
  test(`${name}: ${program} has every flag that the text names`, {
    skip: missingComponents(program),
  }, () => {
    const { stdout, stderr } = spawnSync(findComponent(program)?.path ?? '', ['--help'], {
      encoding: 'utf8',
      timeout: 20_000,
    })
    const help = `${stdout}${stderr}`
    const known = new Set(
      [...help.matchAll(/(?<![\w-])--?(?:\[no-\])?([\w][\w.-]*)/g)].map((m) => m[1]),
    )
    assert.deepEqual(
      flags.filter((flag) => !known.has(flag.replace(/^--?(no-)?/, ''))),
      [],
    )
  })
}

/** Files of the packages that a text installs and that are on this machine. */
function packageFiles(text: string): readonly string[] {
  const names = [...text.matchAll(/^ *apt install (.+?)(?: +#.*)?$/gm)].flatMap(([, list]) => {
    return list.split(/ +/).filter((word) => /^[a-z0-9][\w.+-]*$/.test(word))
  })
  return names.flatMap((name) => {
    const listed = spawnSync('dpkg', ['-L', name], { encoding: 'utf8' })
    return listed.status === 0 ? listed.stdout.split('\n') : []
  })
}

function problemsOfPackages({ name, text }: Readme): readonly string[] {
  const files = packageFiles(text)
  const units = files.flatMap(
    (file) => /\/systemd\/system\/([\w@.-]+)\.service$/.exec(file)?.[1] ?? [],
  )
  if (units.length === 0) return [] // nothing of it is here
  const named = [...text.matchAll(/systemctl (?:restart|reload|edit) ([\w@.-]+)/g)].map((m) => m[1])
  const defaults = [...text.matchAll(/\/etc\/default\/[\w.-]+/g)].map(([path]) => path)
  const isThere = (unit: string): boolean =>
    units.includes(unit) || existsSync(`/lib/systemd/system/${unit}.service`)
  return [
    ...named.filter((unit) => !isThere(unit)).map((unit) => `${name}: no unit ${unit}`),
    ...defaults.filter((path) => !files.includes(path)).map((path) => `${name}: no ${path}`),
  ]
}

test('units and files that a text names are those of its package', () => {
  assert.deepEqual(READMES.flatMap(problemsOfPackages), [])
})

interface Job {
  readonly job_name: string
}

/** Scrape jobs in the blocks of a text, whether they stand in a configuration or alone. */
function jobsIn({ blocks }: Readme): readonly Job[] {
  return blocks.flatMap((block) => {
    if (!block.includes('job_name')) return []
    const value = parse(block) as { scrape_configs?: Job[] } | Job[]
    return Array.isArray(value) ? value : (value.scrape_configs ?? [])
  })
}

test('every text has a scrape job, and Prometheus takes all of them', {
  skip: missingComponents('promtool'),
}, (t) => {
  const folder = temporaryFolder('readme')
  t.after(() => folder.remove())
  const jobs = READMES.flatMap((readme) => {
    const found = jobsIn(readme)
    assert.notEqual(found.length, 0, `${readme.name} has no scrape job`)
    return found.map((job, i) => ({ ...job, job_name: `${readme.name}/${i}/${job.job_name}` }))
  })
  const file = join(folder.path, 'prometheus.yml')
  writeFileSync(file, stringify({ scrape_configs: jobs }, { aliasDuplicateObjects: false }))
  const promtool = findComponent('promtool')?.path ?? ''
  const done = spawnSync(promtool, ['check', 'config', '--syntax-only', file], { encoding: 'utf8' })
  assert.equal(done.status, 0, done.stderr)
})

test('commands are whole: a line that goes on says so, and nothing was joined', () => {
  const faults = READMES.flatMap(({ name, blocks }) => {
    const commands = blocks.filter((block) => /^(docker|apt|curl|systemctl) /m.test(block))
    const lines = commands.flatMap((block) => block.split('\n'))
    return lines
      .filter((line) => /\S {3,}(?!#)\S/.test(line) || /\\\s+$/.test(line))
      .map((line) => `${name}: ${line}`)
  })
  assert.deepEqual(faults, [])
})
