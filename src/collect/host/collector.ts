/** What reads one part of the host into its row. */
import type { HostRow, Thing } from './row.ts'

/** Where the host is seen; other folders than the usual ones for tests and for containers. */
export interface HostPaths {
  readonly proc: string
  readonly sys: string
  /** The root of the unified cgroup hierarchy. */
  readonly cgroup: string
  /** Before /etc/os-release and the mount points: '' or the folder where the host is mounted. */
  readonly root: string
}

export const HOST_PATHS: HostPaths = {
  proc: '/proc',
  sys: '/sys',
  cgroup: '/sys/fs/cgroup',
  root: '',
}

/** One part, under the name that node_exporter gives it. */
export interface Collector {
  readonly name: string
  /**
   * Sets the values of this round; false when this host does not have the part.
   *
   * Nothing is waited for: what may hang is fetched by `prepare`.
   */
  collect(row: HostRow): boolean
  /** Fetches what may take its time; must end by itself. */
  prepare?(): Promise<void>
  close(): void
}

/** Series of a fixed set, made on the first use and again when they have ended. */
export class Fixed {
  readonly #names: readonly string[]
  #thing: Thing | undefined
  #slots: number[] = []

  constructor(...names: readonly string[]) {
    this.#names = names
  }

  /** Sets the values in the order of the names. */
  set(row: HostRow, ...values: readonly number[]): void {
    if (this.#thing === undefined || this.#thing.gone) {
      const thing = row.thing()
      this.#thing = thing
      this.#slots = this.#names.map((name) => row.slot(thing, name))
    }
    for (let i = 0; i < values.length; i++) row.set(this.#slots[i], values[i])
  }
}
