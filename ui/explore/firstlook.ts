/** Graphs worth a first look: of this host when something reports it, else of narthex itself. */

/** A ready-made graph; shown when all of `needs` exist. */
export interface Ready {
  readonly title: string
  readonly expr: string
  readonly needs: readonly string[]
}

const HOST: readonly Ready[] = [
  {
    title: 'CPU in use',
    expr: '1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[1m]))',
    needs: ['node_cpu_seconds_total'],
  },
  {
    title: 'Memory in use',
    expr: 'node_memory_MemTotal_bytes - node_memory_MemAvailable_bytes',
    needs: ['node_memory_MemTotal_bytes', 'node_memory_MemAvailable_bytes'],
  },
  {
    title: 'Load',
    expr: '{__name__=~"node_load(1|5|15)"}',
    needs: ['node_load1'],
  },
  {
    title: 'Network received',
    expr: 'sum by (instance, device) (rate(node_network_receive_bytes_total[1m]))',
    needs: ['node_network_receive_bytes_total'],
  },
  {
    title: 'Disk written',
    expr: 'sum by (instance, device) (rate(node_disk_written_bytes_total[1m]))',
    needs: ['node_disk_written_bytes_total'],
  },
  {
    title: 'File systems in use',
    expr: '1 - node_filesystem_avail_bytes{fstype!~"tmpfs|ramfs|overlay"} / node_filesystem_size_bytes',
    needs: ['node_filesystem_avail_bytes', 'node_filesystem_size_bytes'],
  },
]

const SELF: readonly Ready[] = [
  {
    title: 'Memory by process',
    expr: 'process_resident_memory_bytes',
    needs: ['process_resident_memory_bytes'],
  },
  {
    title: 'CPU by process',
    expr: 'rate(process_cpu_seconds_total[1m])',
    needs: ['process_cpu_seconds_total'],
  },
  {
    title: 'Scrape duration',
    expr: 'scrape_duration_seconds',
    needs: ['scrape_duration_seconds'],
  },
  {
    title: 'Samples by scrape',
    expr: 'sum by (job) (scrape_samples_scraped)',
    needs: ['scrape_samples_scraped'],
  },
]

/** Graphs shown at most. */
export const READY_MAX = 6

/** The graphs whose metrics exist, the host's first. */
export function readyGraphs(names: ReadonlySet<string>): Ready[] {
  const possible = [...HOST, ...SELF].filter((ready) => ready.needs.every((n) => names.has(n)))
  return possible.slice(0, READY_MAX)
}
