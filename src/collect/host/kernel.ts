/** Small facts of the kernel: load, files, entropy, connections, pressure, names, versions. */
import { readFileSync } from 'node:fs'
import os from 'node:os'
import { type Collector, Fixed, type HostPaths } from './collector.ts'
import { KeptFile } from './kept.ts'
import type { HostRow, Thing } from './row.ts'

/** A file of a few numbers in one line. */
function numbersFile(
  name: string,
  path: string,
  columns: readonly number[],
  ...metrics: readonly string[]
): Collector {
  const file = new KeptFile(path)
  const fixed = new Fixed(...metrics)
  const values = metrics.map(() => 0)
  return {
    name,
    collect(row) {
      if (!file.read()) return false
      let at = 0
      for (let column = 0; at < columns.length; column++) {
        const value = file.number()
        if (column === columns[at]) values[at++] = value
      }
      fixed.set(row, ...values)
      return true
    },
    close: () => file.close(),
  }
}

/** Several files under one name: there when one of them is. */
function together(name: string, parts: readonly Collector[]): Collector {
  return {
    name,
    collect(row) {
      let found = false
      for (const part of parts) found = part.collect(row) || found
      return found
    },
    close() {
      for (const part of parts) part.close()
    },
  }
}

/** Opens the collector of load averages. */
export function openLoadavg(paths: HostPaths): Collector {
  const path = `${paths.proc}/loadavg`
  return numbersFile('loadavg', path, [0, 1, 2], 'node_load1', 'node_load5', 'node_load15')
}

/** Opens the collector of open files. */
export function openFilefd(paths: HostPaths): Collector {
  const path = `${paths.proc}/sys/fs/file-nr`
  return numbersFile('filefd', path, [0, 2], 'node_filefd_allocated', 'node_filefd_maximum')
}

/** Opens the collector of the kernel's entropy. */
export function openEntropy(paths: HostPaths): Collector {
  const folder = `${paths.proc}/sys/kernel/random`
  return together('entropy', [
    numbersFile('', `${folder}/entropy_avail`, [0], 'node_entropy_available_bits'),
    numbersFile('', `${folder}/poolsize`, [0], 'node_entropy_pool_size_bits'),
  ])
}

/** Opens the collector of tracked connections. */
export function openConntrack(paths: HostPaths): Collector {
  const folder = `${paths.proc}/sys/net/netfilter`
  return together('conntrack', [
    numbersFile('', `${folder}/nf_conntrack_count`, [0], 'node_nf_conntrack_entries'),
    numbersFile('', `${folder}/nf_conntrack_max`, [0], 'node_nf_conntrack_entries_limit'),
  ])
}

const EQUALS = 61

/** Seconds of `some` and `full` in a file of /proc/pressure. */
function pressureFile(path: string, some: string, full: string | undefined): Collector {
  const file = new KeptFile(path)
  const fixed = full === undefined ? new Fixed(some) : new Fixed(some, full)
  const readTotal = (): number => {
    for (let field = 0; field < 4; field++) {
      if (!file.seek(EQUALS)) return Number.NaN
      file.at++
    }
    const total = file.number() / 1e6
    file.nextLine()
    return total
  }
  return {
    name: '',
    collect(row) {
      if (!file.read()) return false
      const waiting = readTotal()
      if (full === undefined) fixed.set(row, waiting)
      else fixed.set(row, waiting, readTotal())
      return true
    },
    close: () => file.close(),
  }
}

/** Opens the collector of pressure stall information. */
export function openPressure(paths: HostPaths): Collector {
  const metric = (what: string): string => `node_pressure_${what}_seconds_total`
  const file = (name: string, full: boolean): Collector =>
    pressureFile(
      `${paths.proc}/pressure/${name}`,
      metric(`${name}_waiting`),
      full ? metric(`${name}_stalled`) : undefined,
    )
  return together('pressure', [file('cpu', false), file('io', true), file('memory', true)])
}

/** Opens the collector of the wall clock. */
export function openTime(now: () => number): Collector {
  const fixed = new Fixed('node_time_seconds')
  return {
    name: 'time',
    collect(row) {
      fixed.set(row, now() / 1000)
      return true
    },
    close() {},
  }
}

type Pairs = readonly (readonly [string, string])[]

/** Series of value `value` whose labels are the fact; read once. */
function factFile(
  name: string,
  read: () => readonly { readonly metric: string; readonly pairs: Pairs; readonly value: number }[],
): Collector {
  let facts: ReturnType<typeof read> | undefined
  let thing: Thing | undefined
  let slots: number[] = []
  return {
    name,
    collect(row: HostRow) {
      facts ??= read()
      if (facts.length === 0) return false
      if (thing === undefined || thing.gone) {
        const fresh = row.thing()
        slots = facts.map(({ metric, pairs }) => row.slot(fresh, metric, ...pairs))
        thing = fresh
      }
      for (let i = 0; i < facts.length; i++) row.set(slots[i], facts[i].value)
      return true
    },
    close() {},
  }
}

/** Opens the collector of the kernel's name and version. */
export function openUname(paths: HostPaths): Collector {
  const read = (name: string): string => readLine(`${paths.proc}/sys/kernel/${name}`)
  return factFile('uname', () => {
    const pairs: Pairs = [
      ['sysname', read('ostype')],
      ['release', read('osrelease')],
      ['version', read('version')],
      ['machine', os.machine()],
      ['nodename', read('hostname')],
      ['domainname', read('domainname')],
    ]
    return pairs[0][1] === '' ? [] : [{ metric: 'node_uname_info', pairs, value: 1 }]
  })
}

/** Keys of os-release, as labels. */
const OS_KEYS = [
  'BUILD_ID',
  'ID',
  'ID_LIKE',
  'IMAGE_ID',
  'IMAGE_VERSION',
  'NAME',
  'PRETTY_NAME',
  'VARIANT',
  'VARIANT_ID',
  'VERSION',
  'VERSION_CODENAME',
  'VERSION_ID',
] as const

/** Opens the collector of the distribution's name and version. */
export function openOsRelease(paths: HostPaths): Collector {
  return factFile('os', () => {
    const release = readRelease(paths.root)
    const id = release.get('ID')
    if (id === undefined) return []
    const pairs: Pairs = OS_KEYS.map((key) => [key.toLowerCase(), release.get(key) ?? ''])
    const facts = [{ metric: 'node_os_info', pairs, value: 1 }]
    const version = Number(/^\d+(?:\.\d+)?/.exec(release.get('VERSION_ID') ?? '')?.[0])
    if (!Number.isNaN(version)) {
      const short: Pairs = pairs.filter(([name]) => ['id', 'id_like', 'name'].includes(name))
      facts.push({ metric: 'node_os_version', pairs: short, value: version })
    }
    return facts
  })
}

function readRelease(root: string): ReadonlyMap<string, string> {
  const text = readText(`${root}/etc/os-release`) || readText(`${root}/usr/lib/os-release`)
  const values = new Map<string, string>()
  for (const line of text.split('\n')) {
    const parts = /^([A-Z_]+)=(?:"(.*)"|'(.*)'|(.*))$/.exec(line)
    if (parts !== null) values.set(parts[1], parts[2] ?? parts[3] ?? parts[4] ?? '')
  }
  return values
}

function readLine(path: string): string {
  return readText(path).split('\n')[0]
}

/** The text of a file; '' where there is none. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // Not on this host: the fact is left out.
    return ''
  }
}
