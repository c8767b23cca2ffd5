/** Gives memory back that the start has left: free malloc pages, and clean pages of the runtime's file. */
import { readFileSync } from 'node:fs'
import type { Clock, Timer } from './clock.ts'
import { messageOf } from './error.ts'
import type { Running } from './lifecycle.ts'
import type { Log } from './log.ts'

/** The start is over by then. It costs some 0.1 s of CPU to read again what is still needed. */
const DELAY_MS_FIRST = 20_000

/** What visitors, reloads and faults have touched since. */
const DELAY_MS_LATER = 16 * 60_000

/** `MADV_DONTNEED` of Linux: a clean page of a file is read again when it is touched. */
const ADVICE_DONT_NEED = 4

/** Addresses of one mapping. */
export interface Mapping {
  readonly from: bigint
  readonly to: bigint
}

/** How memory is given back on this system. */
export interface Releaser {
  trimMalloc(): void
  /** Text of /proc/self/smaps. */
  readMappings(): string
  release(mapping: Mapping): void
}

/**
 * Mappings of files that are read only and have no page of the process's own: what is dropped of
 * them is read from the file again. Relocated pages differ from the file, so their mapping stays.
 */
export function cleanMappings(smaps: string): Mapping[] {
  const clean: Mapping[] = []
  let mapping: Mapping | undefined
  for (const line of smaps.split('\n')) {
    const head = /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ (\d+)/.exec(line)
    if (head !== null) {
      const isReadOnlyFile = head[3].startsWith('r-') && head[4] !== '0'
      mapping = isReadOnlyFile
        ? { from: BigInt(`0x${head[1]}`), to: BigInt(`0x${head[2]}`) }
        : undefined
    } else if (/^Anonymous:\s+0 kB$/.test(line) && mapping !== undefined) clean.push(mapping)
  }
  return clean
}

/** Releases from now on, until it is stopped or the system cannot. */
export function startReleasing(
  clock: Clock,
  log: Log,
  open: () => Promise<Releaser> = openReleaser,
): Running {
  let releaser: Releaser | undefined
  let timer: Timer | undefined
  let isStopped = false
  const release = async (): Promise<void> => {
    try {
      releaser ??= await open()
      if (isStopped) return
      releaser.trimMalloc()
      for (const mapping of cleanMappings(releaser.readMappings())) releaser.release(mapping)
      plan(DELAY_MS_LATER)
    } catch (error) {
      log.info('cannot release memory of the runtime', { error: messageOf(error) })
    }
  }
  const plan = (delayMs: number): void => {
    timer = clock.after(delayMs, () => void release())
  }
  plan(DELAY_MS_FIRST)
  return {
    stop() {
      isStopped = true
      timer?.cancel()
    },
  }
}

/** @throws what node:ffi throws where a function is not there */
async function openReleaser(): Promise<Releaser> {
  const { dlopen } = await import('node:ffi')
  const { functions } = dlopen(null, {
    madvise: { arguments: ['pointer', 'uint64', 'int32'], return: 'int32' },
    malloc_trim: { arguments: ['uint64'], return: 'int32' },
  })
  return {
    trimMalloc: () => void functions.malloc_trim(0n),
    readMappings: () => readFileSync('/proc/self/smaps', 'utf8'),
    release: ({ from, to }) => void functions.madvise(from, to - from, ADVICE_DONT_NEED),
  }
}
