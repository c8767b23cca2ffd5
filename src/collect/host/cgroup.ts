/** Containers and services by cgroup v2, under cAdvisor's names. */
import { readlinkSync } from 'node:fs'
import type { Family } from '../../base/metrics.ts'
import type { Collector, HostPaths } from './collector.ts'
import { type Container, findContainers } from './container.ts'
import { KeptFile } from './kept.ts'
import { DeviceTable } from './network.ts'
import type { HostRow, Thing } from './row.ts'
import { WordMap } from './words.ts'

/** Rounds between two walks through the hierarchy. */
const WALK_ROUNDS = 4

type Pairs = readonly (readonly [string, string])[]

/** A container or service with its series. */
interface Held {
  readonly container: Container
  readonly pairs: Pairs
  readonly thing: Thing
  /** Slots by metric, made when a file has a value for it. */
  readonly slots: Map<string, number>
  /** Its own network namespace's table, and where to read it. */
  network: { readonly table: DeviceTable; readonly path: string } | undefined
}

/** Words of the files that are wanted, with metric and factor. */
const CPU_WORDS: Readonly<Record<string, readonly [string, number]>> = {
  usage_usec: ['container_cpu_usage_seconds_total', 1e-6],
  user_usec: ['container_cpu_user_seconds_total', 1e-6],
  system_usec: ['container_cpu_system_seconds_total', 1e-6],
  nr_periods: ['container_cpu_cfs_periods_total', 1],
  nr_throttled: ['container_cpu_cfs_throttled_periods_total', 1],
  throttled_usec: ['container_cpu_cfs_throttled_seconds_total', 1e-6],
}

const MEMORY_WORDS: Readonly<Record<string, readonly [string, number]>> = {
  anon: ['container_memory_rss', 1],
  file: ['container_memory_cache', 1],
  file_mapped: ['container_memory_mapped_file', 1],
}

const EVENT_WORDS: Readonly<Record<string, readonly [string, number]>> = {
  oom_kill: ['container_oom_events_total', 1],
}

/** Files of one number. */
const NUMBER_FILES: readonly (readonly [string, string])[] = [
  ['memory.swap.current', 'container_memory_swap'],
  ['memory.peak', 'container_memory_max_usage_bytes'],
  ['memory.max', 'container_spec_memory_limit_bytes'],
  ['pids.current', 'container_threads'],
]

/** @param found gets how many containers and services there are, up to the bound */
export function openCgroups(paths: HostPaths, now: () => number, found: Family): Collector {
  const groups = new Cgroups(paths, now, found)
  return {
    name: 'cgroup',
    collect: (row) => groups.collect(row),
    close() {},
  }
}

class Cgroups {
  readonly #paths: HostPaths
  readonly #now: () => number
  readonly #found: Family
  readonly #file = new KeptFile('')
  readonly #held = new Map<string, Held>()
  readonly #cpuWords = new WordMap<readonly [string, number] | undefined>()
  readonly #memoryWords = new WordMap<readonly [string, number] | 'inactive' | undefined>()
  readonly #eventWords = new WordMap<readonly [string, number] | undefined>()
  readonly #devices = new Map<string, string>()
  #containers: readonly Container[] = []
  #round = 0

  constructor(paths: HostPaths, now: () => number, found: Family) {
    this.#paths = paths
    this.#now = now
    this.#found = found
  }

  collect(row: HostRow): boolean {
    if (this.#round++ % WALK_ROUNDS === 0) {
      this.#containers = findContainers(this.#paths)
      this.#found.with().set(this.#containers.length)
    }
    for (const container of this.#containers) this.#readContainer(row, container)
    for (const [id, held] of this.#held) if (held.thing.gone) this.#held.delete(id)
    return this.#containers.length > 0
  }

  #readContainer(row: HostRow, container: Container): void {
    const { folder } = container
    const held = this.#hold(row, container)
    if (!this.#file.readFrom(`${folder}/cpu.stat`)) return
    this.#readWords(row, held, CPU_WORDS, this.#cpuWords)
    this.#readMemory(row, held)
    for (const [name, metric] of NUMBER_FILES) {
      if (!this.#file.readFrom(`${folder}/${name}`)) continue
      // `max` is no limit, which cAdvisor writes as 0.
      const value = this.#file.number()
      if (name === 'memory.max') this.#set(row, held, metric, Number.isNaN(value) ? 0 : value)
      else this.#set(row, held, metric, value)
    }
    if (this.#file.readFrom(`${folder}/memory.events`)) {
      this.#readWords(row, held, EVENT_WORDS, this.#eventWords)
    }
    if (this.#file.readFrom(`${folder}/io.stat`)) this.#readDisks(row, held)
    if (held.network !== undefined && this.#file.readFrom(held.network.path)) {
      held.network.table.collect(this.#file, row)
    }
    this.#set(row, held, 'container_last_seen', Math.floor(this.#now() / 1000))
  }

  #hold(row: HostRow, container: Container): Held {
    const known = this.#held.get(container.id)
    if (known !== undefined && !known.thing.gone) return known
    const pairs: Pairs = [
      ['id', container.id],
      ['name', container.name],
      ['image', container.image],
    ]
    const network = this.#openNetwork(container, pairs)
    const held = { container, pairs, thing: row.thing(), slots: new Map(), network }
    this.#held.set(container.id, held)
    return held
  }

  #readWords(
    row: HostRow,
    held: Held,
    wanted: Readonly<Record<string, readonly [string, number]>>,
    words: WordMap<readonly [string, number] | undefined>,
  ): void {
    const file = this.#file
    words.rewind()
    for (; !file.atEnd; file.nextLine()) {
      const from = file.word()
      const found = words.find(file, from, file.at, (word) =>
        Object.hasOwn(wanted, word) ? wanted[word] : undefined,
      )
      if (found !== undefined) this.#set(row, held, found[0], file.number() * found[1])
    }
  }

  /** The working set is what is used less what the kernel can take back at once. */
  #readMemory(row: HostRow, held: Held): void {
    const file = this.#file
    if (!file.readFrom(`${held.container.folder}/memory.current`)) return
    const usageBytes = file.number()
    this.#set(row, held, 'container_memory_usage_bytes', usageBytes)
    if (!file.readFrom(`${held.container.folder}/memory.stat`)) return
    let inactiveBytes = 0
    this.#memoryWords.rewind()
    for (; !file.atEnd; file.nextLine()) {
      const from = file.word()
      const found = this.#memoryWords.find(file, from, file.at, (word) =>
        word === 'inactive_file' ? 'inactive' : MEMORY_WORDS[word],
      )
      if (found === 'inactive') inactiveBytes = file.number()
      else if (found !== undefined) this.#set(row, held, found[0], file.number() * found[1])
    }
    const workingBytes = Math.max(0, usageBytes - inactiveBytes)
    this.#set(row, held, 'container_memory_working_set_bytes', workingBytes)
  }

  /** `254:0 rbytes=1 wbytes=2 rios=3 wios=4 …` a line. */
  #readDisks(row: HostRow, held: Held): void {
    const file = this.#file
    for (; !file.atEnd; file.nextLine()) {
      const from = file.word()
      if (from === file.at) continue
      const device = this.#deviceName(file.text(from, file.at))
      for (const metric of DISK_METRICS) {
        if (!file.seek(EQUALS)) break
        file.at++
        this.#set(row, held, metric, file.number(), ['device', device])
      }
    }
  }

  /** The device of a pair of numbers, as cAdvisor writes it. */
  #deviceName(numbers: string): string {
    let name = this.#devices.get(numbers)
    if (name === undefined) {
      const link = readLink(`${this.#paths.sys}/dev/block/${numbers}`)
      name = link === '' ? numbers : `/dev/${link.slice(link.lastIndexOf('/') + 1)}`
      this.#devices.set(numbers, name)
    }
    return name
  }

  /** The interfaces of a container that has a network namespace of its own. */
  #openNetwork(container: Container, pairs: Pairs): Held['network'] {
    if (!container.isContainer) return undefined
    if (!this.#file.readFrom(`${container.folder}/cgroup.procs`)) return undefined
    const process = this.#file.number()
    if (Number.isNaN(process)) return undefined
    const { proc } = this.#paths
    const theirs = readLink(`${proc}/${process}/ns/net`)
    if (theirs === '' || theirs === readLink(`${proc}/1/ns/net`)) return undefined
    const table = new DeviceTable({
      columns: NETWORK_COLUMNS,
      label: 'interface',
      pairs,
      isExcluded: (device) => device === 'lo',
    })
    return { table, path: `${proc}/${process}/net/dev` }
  }

  #set(
    row: HostRow,
    held: Held,
    metric: string,
    value: number,
    extra?: readonly [string, string],
  ): void {
    const key = extra === undefined ? metric : `${metric} ${extra[1]}`
    let slot = held.slots.get(key)
    if (slot === undefined) {
      const pairs = extra === undefined ? held.pairs : [...held.pairs, extra]
      const all = metric.startsWith('container_cpu_usage') ? [...pairs, CPU_TOTAL] : pairs
      slot = row.slot(held.thing, metric, ...all)
      held.slots.set(key, slot)
    }
    row.set(slot, value)
  }
}

const EQUALS = 61
/** cAdvisor gives the sum of all CPUs this label. */
const CPU_TOTAL = ['cpu', 'total'] as const

const DISK_METRICS = [
  'container_fs_reads_bytes_total',
  'container_fs_writes_bytes_total',
  'container_fs_reads_total',
  'container_fs_writes_total',
] as const

const NETWORK_WORDS = ['bytes', 'packets', 'errors', 'packets_dropped']

const NETWORK_COLUMNS: readonly string[] = ['receive', 'transmit'].flatMap((way) => [
  ...NETWORK_WORDS.map((word) => `container_network_${way}_${word}_total`),
  ...Array<string>(4).fill(''),
])

/** The target of a link; '' where there is none, or none that we may see. */
function readLink(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    // A process that has ended, or another user's: no network of its own is shown.
    return ''
  }
}
