/** File systems: size, free space and nodes of each mount, never waiting for a dead server. */
import type { StatsFs } from 'node:fs'
import { statfs } from 'node:fs/promises'
import type { Clock } from '../../base/clock.ts'
import type { Collector, HostPaths } from './collector.ts'
import { KeptFile } from './kept.ts'
import type { HostRow, Thing } from './row.ts'

/** Mount points left out. @source node_exporter's default */
const EXCLUDED_MOUNTS =
  /^\/(?:dev|proc|run|sys|mnt|media|var\/lib\/docker\/.+|var\/lib\/containers\/storage\/.+)(?:$|\/)/
/** Types left out. @source node_exporter's default */
const EXCLUDED_TYPES =
  /^(?:autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|iso9660|mqueue|nsfs|overlay|proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|sysfs|tracefs)$/

/** How long a round waits for all mounts together. */
const WAIT_MS_MAX = 1000
/**
 * Mounts of other machines are not asked while so many hang; each holds a thread of the runtime.
 */
const HANGING_MAX = 1
/** Types whose answer comes from another machine or another process. */
const REMOTE_TYPES = /^(?:nfs|cifs|smb|ceph|9p|glusterfs|lustre|afs|ncp|davfs|fuse|virtiofs)/

const METRICS = [
  'node_filesystem_size_bytes',
  'node_filesystem_free_bytes',
  'node_filesystem_avail_bytes',
  'node_filesystem_files',
  'node_filesystem_files_free',
] as const

interface Mount {
  readonly device: string
  readonly mountpoint: string
  readonly fstype: string
  readonly readonly: boolean
  /** The last answer of this round; undefined for an error. */
  stats: StatsFs | undefined
  hanging: boolean
  held:
    | { readonly thing: Thing; readonly slots: readonly number[]; readonly state: number[] }
    | undefined
}

/** Asks one mount; may hang as long as a server is dead. */
export type AskMount = (path: string) => Promise<StatsFs>

/** Opens the collector. */
export function openFilesystem(
  paths: HostPaths,
  clock: Clock,
  ask: AskMount = (path) => statfs(path),
): Collector {
  const table = new MountTable(paths, clock, ask)
  return {
    name: 'filesystem',
    prepare: () => table.ask(),
    collect: (row) => table.collect(row),
    close: () => table.close(),
  }
}

class MountTable {
  readonly #files: readonly KeptFile[]
  readonly #root: string
  readonly #clock: Clock
  readonly #ask: AskMount
  #content: Buffer = Buffer.alloc(0)
  #mounts: Mount[] = []

  constructor(paths: HostPaths, clock: Clock, ask: AskMount) {
    // What process 1 sees is what the host sees; without the right to look, what we see.
    this.#files = [
      new KeptFile(`${paths.proc}/1/mounts`),
      new KeptFile(`${paths.proc}/self/mounts`),
    ]
    this.#root = paths.root
    this.#clock = clock
    this.#ask = ask
  }

  close(): void {
    for (const file of this.#files) file.close()
  }

  /**
   * Asks the mounts one after the other, local ones first, so that a dead server holds one thread
   * of
   * the runtime. What has not answered in time is an error, and is not asked again while it hangs.
   */
  async ask(): Promise<void> {
    this.#readMounts()
    for (const mount of this.#mounts) mount.stats = undefined
    const late = new AbortController()
    const timer = this.#clock.after(WAIT_MS_MAX, () => late.abort())
    const timeout = new Promise<void>((resolve) => {
      late.signal.addEventListener('abort', () => resolve(), { once: true })
    })
    await Promise.race([this.#askInTurn(late.signal), timeout])
    timer.cancel()
  }

  async #askInTurn(late: AbortSignal): Promise<void> {
    for (const mount of this.#mounts) {
      if (late.aborted) return
      const hangingCount = this.#mounts.filter((one) => one.hanging).length
      const isRisk = isRemote(mount) && hangingCount >= HANGING_MAX
      if (!mount.hanging && !isRisk) await this.#askMount(mount)
    }
  }

  async #askMount(mount: Mount): Promise<void> {
    mount.hanging = true
    try {
      mount.stats = await this.#ask(`${this.#root}${mount.mountpoint}`)
    } catch {
      // The series node_filesystem_device_error says it.
      mount.stats = undefined
    } finally {
      mount.hanging = false
    }
  }

  collect(row: HostRow): boolean {
    for (const mount of this.#mounts) setMount(row, mount)
    return this.#mounts.length > 0
  }

  /** Reads the list of mounts again when it has changed. */
  #readMounts(): void {
    const file = this.#files.find((one) => one.read())
    if (file === undefined) {
      this.#mounts = []
      return
    }
    const content = file.bytes.subarray(0, file.end)
    if (content.equals(this.#content)) return
    this.#content = Buffer.from(content)
    const before = new Map(this.#mounts.map((mount) => [keyOf(mount), mount]))
    this.#mounts = parseMounts(this.#content.toString('utf8')).map(
      (mount) => before.get(keyOf(mount)) ?? mount,
    )
  }
}

function keyOf(mount: Mount): string {
  return [mount.device, mount.mountpoint, mount.fstype, String(mount.readonly)].join('\n')
}

function parseMounts(text: string): Mount[] {
  const mounts = new Map<string, Mount>()
  for (const line of text.split('\n')) {
    const [device, path, fstype, options] = line.split(' ')
    if (options === undefined) continue
    const mountpoint = unescapePath(path)
    if (EXCLUDED_MOUNTS.test(mountpoint) || EXCLUDED_TYPES.test(fstype)) continue
    const mount: Mount = {
      device: unescapePath(device),
      mountpoint,
      fstype,
      readonly: options.split(',').includes('ro'),
      stats: undefined,
      hanging: false,
      held: undefined,
    }
    mounts.set(keyOf(mount), mount)
  }
  return [...mounts.values()].sort((a, b) => Number(isRemote(a)) - Number(isRemote(b)))
}

function isRemote(mount: Mount): boolean {
  return REMOTE_TYPES.test(mount.fstype)
}

/** Blanks stand as `\040` in lists of mounts. */
function unescapePath(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  )
}

function setMount(row: HostRow, mount: Mount): void {
  if (mount.held === undefined || mount.held.thing.gone) {
    const pairs = [
      ['device', mount.device],
      ['fstype', mount.fstype],
      ['mountpoint', mount.mountpoint],
    ] as const
    const thing = row.thing()
    const state = ['node_filesystem_device_error', 'node_filesystem_readonly'].map((metric) =>
      row.slot(thing, metric, ...pairs),
    )
    mount.held = { thing, slots: METRICS.map((metric) => row.slot(thing, metric, ...pairs)), state }
  }
  const { slots, state } = mount.held
  const { stats } = mount
  row.set(state[0], stats === undefined ? 1 : 0)
  if (stats === undefined) return
  row.set(state[1], mount.readonly ? 1 : 0)
  row.set(slots[0], stats.blocks * stats.bsize)
  row.set(slots[1], stats.bfree * stats.bsize)
  row.set(slots[2], stats.bavail * stats.bsize)
  row.set(slots[3], stats.files)
  row.set(slots[4], stats.ffree)
}
