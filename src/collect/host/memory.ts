/** /proc/meminfo and /proc/vmstat: one number a line, named by its first word. */
import { type Collector, Fixed, type HostPaths } from './collector.ts'
import { KeptFile } from './kept.ts'
import { WordMap } from './words.ts'

interface Line {
  readonly fixed: Fixed | undefined
  readonly scale: number
}

const COLON = 58
const NEWLINE = 10

/** Opens the collector of memory. */
export function openMeminfo(paths: HostPaths): Collector {
  const file = new KeptFile(`${paths.proc}/meminfo`)
  const lines = new WordMap<Line>()
  return {
    name: 'meminfo',
    collect(row) {
      if (!file.read()) return false
      lines.rewind()
      for (; !file.atEnd; file.nextLine()) {
        const from = file.at
        if (!file.seek(COLON)) continue
        const colon = file.at++
        const value = file.number()
        file.skipBlanks()
        const scaled = file.bytes[file.at] !== NEWLINE && !file.atEnd
        const line = lines.find(file, from, colon, (name) => meminfoLine(name, scaled))
        line.fixed?.set(row, value * line.scale)
      }
      return true
    },
    close: () => file.close(),
  }
}

/** `Active(anon)` in kB is `node_memory_Active_anon_bytes`. */
function meminfoLine(name: string, scaled: boolean): Line {
  const plain = name.replace(/\((.*)\)/, '_$1')
  const fixed = new Fixed(`node_memory_${plain}${scaled ? '_bytes' : ''}`)
  return { fixed, scale: scaled ? 1024 : 1 }
}

/** The counters that node_exporter offers. */
const VMSTAT_FIELDS = /^(?:oom_kill|pgpg|pswp|pg.*fault)/

/** Opens the collector of paging. */
export function openVmstat(paths: HostPaths): Collector {
  const file = new KeptFile(`${paths.proc}/vmstat`)
  const lines = new WordMap<Line>()
  return {
    name: 'vmstat',
    collect(row) {
      if (!file.read()) return false
      lines.rewind()
      for (; !file.atEnd; file.nextLine()) {
        const from = file.word()
        lines.find(file, from, file.at, vmstatLine).fixed?.set(row, file.number())
      }
      return true
    },
    close: () => file.close(),
  }
}

function vmstatLine(name: string): Line {
  const wanted = VMSTAT_FIELDS.test(name)
  return { fixed: wanted ? new Fixed(`node_vmstat_${name}`) : undefined, scale: 1 }
}
