/** /proc/stat: CPU time by mode, interrupts, context switches, forks, processes, boot time. */
import { type Collector, Fixed, type HostPaths } from './collector.ts'
import { KeptFile } from './kept.ts'
import type { HostRow, Thing } from './row.ts'
import { WordMap } from './words.ts'

/** Ticks of /proc/stat in a second, on every architecture that Linux has today. */
const TICKS_PER_SECOND = 100
const MODES = ['user', 'nice', 'system', 'idle', 'iowait', 'irq', 'softirq', 'steal'] as const
const GUEST_MODES = ['user', 'nice'] as const

interface Cpu {
  readonly thing: Thing
  readonly slots: readonly number[]
}

/** What a line is about: one CPU, one number, or nothing of ours. */
type Line =
  | { readonly kind: 'cpu'; readonly cpu: string; held: Cpu | undefined }
  | { readonly kind: 'number'; readonly fixed: Fixed }
  | { readonly kind: 'other' }

const NUMBERS: Readonly<Record<string, string>> = {
  intr: 'node_intr_total',
  ctxt: 'node_context_switches_total',
  btime: 'node_boot_time_seconds',
  processes: 'node_forks_total',
  procs_running: 'node_procs_running',
  procs_blocked: 'node_procs_blocked',
}

/** Opens the collector. */
export function openStat(paths: HostPaths): Collector {
  const file = new KeptFile(`${paths.proc}/stat`)
  const lines = new WordMap<Line>()
  return {
    name: 'stat',
    collect(row) {
      if (!file.read()) return false
      lines.rewind()
      for (; !file.atEnd; file.nextLine()) {
        const from = file.word()
        const line = lines.find(file, from, file.at, lineOf)
        if (line.kind === 'number') line.fixed.set(row, file.number())
        else if (line.kind === 'cpu') readCpu(file, row, line)
      }
      return true
    },
    close: () => file.close(),
  }
}

function lineOf(word: string): Line {
  const cpu = /^cpu(\d+)$/.exec(word)?.[1]
  if (cpu !== undefined) return { kind: 'cpu', cpu, held: undefined }
  if (Object.hasOwn(NUMBERS, word)) return { kind: 'number', fixed: new Fixed(NUMBERS[word]) }
  return { kind: 'other' }
}

function readCpu(file: KeptFile, row: HostRow, line: Extract<Line, { kind: 'cpu' }>): void {
  if (line.held === undefined || line.held.thing.gone) line.held = openCpu(row, line.cpu)
  for (const slot of line.held.slots) row.set(slot, file.number() / TICKS_PER_SECOND)
}

function openCpu(row: HostRow, cpu: string): Cpu {
  const thing = row.thing()
  const slots = [
    ...MODES.map((mode) => row.slot(thing, 'node_cpu_seconds_total', ['cpu', cpu], ['mode', mode])),
    ...GUEST_MODES.map((mode) =>
      row.slot(thing, 'node_cpu_guest_seconds_total', ['cpu', cpu], ['mode', mode]),
    ),
  ]
  return { thing, slots }
}
