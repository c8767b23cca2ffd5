/** Counters of the network stack: protocols, sockets, and packets by CPU. */
import { type Collector, Fixed, type HostPaths } from './collector.ts'
import { KeptFile } from './kept.ts'
import type { HostRow, Thing } from './row.ts'
import { WordMap } from './words.ts'

/** What node_exporter offers of /proc/net/netstat, snmp and snmp6. */
const FIELDS = new RegExp(
  [
    '^(?:.*_(?:InErrors|InErrs)',
    'Ip_Forwarding',
    'Ip(?:6|Ext)_(?:InOctets|OutOctets)',
    'Icmp6?_(?:InMsgs|OutMsgs)',
    'TcpExt_(?:Listen.*|Syncookies.*|TCPSynRetrans|TCPTimeouts)',
    'Tcp_(?:ActiveOpens|InSegs|OutSegs|OutRsts|PassiveOpens|RetransSegs|CurrEstab)',
    'Udp6?_(?:InDatagrams|OutDatagrams|NoPorts|RcvbufErrors|SndbufErrors))$',
  ].join('|'),
)

function wantedMetric(field: string): Fixed | undefined {
  return FIELDS.test(field) ? new Fixed(`node_netstat_${field}`) : undefined
}

/** A line of names: the metric of each column, or undefined. */
type Columns = readonly (Fixed | undefined)[]

/** Lines in pairs: names, then numbers. */
function pairedFile(path: string): Collector {
  const file = new KeptFile(path)
  const headings = new WordMap<Columns>()
  return {
    name: '',
    collect(row) {
      if (!file.read()) return false
      headings.rewind()
      while (!file.atEnd) {
        const from = file.at
        file.nextLine()
        const columns = headings.find(file, from, file.at, headingColumns)
        file.word()
        for (let i = 0; i < columns.length; i++) {
          const value = file.number()
          columns[i]?.set(row, value)
        }
        file.nextLine()
      }
      return true
    },
    close: () => file.close(),
  }
}

function headingColumns(line: string): Columns {
  const [protocol, ...names] = line.trim().split(/\s+/)
  return names.map((name) => wantedMetric(`${protocol.replace(':', '')}_${name}`))
}

/** A name and a number a line; the protocol is the beginning of the name. */
function namedFile(path: string): Collector {
  const file = new KeptFile(path)
  const lines = new WordMap<Fixed | undefined>()
  return {
    name: '',
    collect(row) {
      if (!file.read()) return false
      lines.rewind()
      for (; !file.atEnd; file.nextLine()) {
        const from = file.word()
        lines.find(file, from, file.at, snmp6Metric)?.set(row, file.number())
      }
      return true
    },
    close: () => file.close(),
  }
}

function snmp6Metric(name: string): Fixed | undefined {
  return wantedMetric(name.replace(/^(\D*6)/, '$1_'))
}

/** Opens the collector of protocol counters. */
export function openNetstat(paths: HostPaths): Collector {
  const parts = [
    pairedFile(`${paths.proc}/net/netstat`),
    pairedFile(`${paths.proc}/net/snmp`),
    namedFile(`${paths.proc}/net/snmp6`),
  ]
  return {
    name: 'netstat',
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

const PAGE_BYTES = 4096

interface SocketLine {
  readonly protocol: string
  readonly fields: WordMap<readonly Fixed[]>
}

/** Opens the collector of sockets in use. */
export function openSockstat(paths: HostPaths): Collector {
  const files = ['sockstat', 'sockstat6'].map((name) => new KeptFile(`${paths.proc}/net/${name}`))
  const lines = files.map(() => new WordMap<SocketLine>())
  return {
    name: 'sockstat',
    collect(row) {
      let found = false
      for (let i = 0; i < files.length; i++) {
        if (!files[i].read()) continue
        found = true
        readSockets(files[i], lines[i], row)
      }
      return found
    },
    close() {
      for (const file of files) file.close()
    },
  }
}

function readSockets(file: KeptFile, lines: WordMap<SocketLine>, row: HostRow): void {
  lines.rewind()
  for (; !file.atEnd; file.nextLine()) {
    const from = file.word()
    const line = lines.find(file, from, file.at, (word) => ({
      protocol: word.replace(':', ''),
      fields: new WordMap(),
    }))
    line.fields.rewind()
    for (;;) {
      const start = file.word()
      if (start === file.at) break
      const metrics = line.fields.find(file, start, file.at, (field) =>
        socketMetrics(line.protocol, field),
      )
      const value = file.number()
      metrics[0].set(row, value)
      if (metrics.length > 1) metrics[1].set(row, value * PAGE_BYTES)
    }
  }
}

/** `mem` is in pages and offered in bytes, too. */
function socketMetrics(protocol: string, field: string): readonly Fixed[] {
  const name = `node_sockstat_${protocol}_${field}`
  return field === 'mem' ? [new Fixed(name), new Fixed(`${name}_bytes`)] : [new Fixed(name)]
}

interface SoftnetCpu {
  thing: Thing
  slots: readonly number[]
}

const SOFTNET = [
  'node_softnet_processed_total',
  'node_softnet_dropped_total',
  'node_softnet_times_squeezed_total',
] as const

/** Opens the collector of packets by CPU: a line of hexadecimal numbers each. */
export function openSoftnet(paths: HostPaths): Collector {
  const file = new KeptFile(`${paths.proc}/net/softnet_stat`)
  const cpus: SoftnetCpu[] = []
  return {
    name: 'softnet',
    collect(row) {
      if (!file.read()) return false
      for (let cpu = 0; !file.atEnd; cpu++, file.nextLine()) {
        if (cpu === cpus.length || cpus[cpu].thing.gone) cpus[cpu] = openSoftnetCpu(row, cpu)
        for (const slot of cpus[cpu].slots) row.set(slot, file.hex())
      }
      return true
    },
    close: () => file.close(),
  }
}

function openSoftnetCpu(row: HostRow, cpu: number): SoftnetCpu {
  const thing = row.thing()
  const slots = SOFTNET.map((metric) => row.slot(thing, metric, ['cpu', String(cpu)]))
  return { thing, slots }
}
