/** /proc/diskstats: what each block device has read, written, discarded and flushed. */
import type { Collector, HostPaths } from './collector.ts'
import { KeptFile } from './kept.ts'
import type { HostRow, Thing } from './row.ts'
import { WordMap } from './words.ts'

const SECTOR_BYTES = 512
const MS = 1 / 1000

/** Devices left out: parts of disks, loops, memory. @source node_exporter's default */
const EXCLUDED = /^(?:ram|loop|fd|(?:h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$/

/** The columns behind the name, in their order, with the factor of each. */
const COLUMNS: readonly (readonly [string, number])[] = [
  ['node_disk_reads_completed_total', 1],
  ['node_disk_reads_merged_total', 1],
  ['node_disk_read_bytes_total', SECTOR_BYTES],
  ['node_disk_read_time_seconds_total', MS],
  ['node_disk_writes_completed_total', 1],
  ['node_disk_writes_merged_total', 1],
  ['node_disk_written_bytes_total', SECTOR_BYTES],
  ['node_disk_write_time_seconds_total', MS],
  ['node_disk_io_now', 1],
  ['node_disk_io_time_seconds_total', MS],
  ['node_disk_io_time_weighted_seconds_total', MS],
  ['node_disk_discards_completed_total', 1],
  ['node_disk_discards_merged_total', 1],
  ['node_disk_discarded_sectors_total', 1],
  ['node_disk_discard_time_seconds_total', MS],
  ['node_disk_flush_requests_total', 1],
  ['node_disk_flush_requests_time_seconds_total', MS],
]

interface Disk {
  readonly device: string
  thing: Thing | undefined
  /** As many as the kernel has columns. */
  readonly slots: number[]
}

/** Opens the collector. */
export function openDiskstats(paths: HostPaths): Collector {
  const file = new KeptFile(`${paths.proc}/diskstats`)
  const disks = new WordMap<Disk | undefined>()
  return {
    name: 'diskstats',
    collect(row) {
      if (!file.read()) return false
      disks.rewind()
      for (; !file.atEnd; file.nextLine()) {
        file.number()
        file.number()
        const from = file.word()
        if (from === file.at) continue
        const disk = disks.find(file, from, file.at, (device) =>
          EXCLUDED.test(device) ? undefined : { device, thing: undefined, slots: [] },
        )
        if (disk !== undefined) readDisk(file, row, disk)
      }
      return true
    },
    close: () => file.close(),
  }
}

function readDisk(file: KeptFile, row: HostRow, disk: Disk): void {
  if (disk.thing === undefined || disk.thing.gone) {
    disk.thing = row.thing()
    disk.slots.length = 0
  }
  for (let i = 0; i < COLUMNS.length && !file.atLineEnd; i++) {
    const value = file.number()
    if (i === disk.slots.length) {
      disk.slots.push(row.slot(disk.thing, COLUMNS[i][0], ['device', disk.device]))
    }
    row.set(disk.slots[i], value * COLUMNS[i][1])
  }
}
