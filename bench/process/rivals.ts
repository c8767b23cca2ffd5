/** The program and its rival, started side by side on the same material and read from /proc. */
import { execFile } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import {
  freePort,
  SHARED,
  startComponent,
  startNarthex,
  startProcess,
  type TestProcess,
  until,
} from '../../test/support/processes.ts'

export const HARNESS: string = join(SHARED, 'harness')

/** A table for bench/RESULTS.md. */
export interface Table {
  readonly title: string
  /** How it was measured, one sentence or two. */
  readonly how: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** What /proc says of a process. Sizes in bytes, CPU in seconds. */
export interface Usage {
  readonly cpuSeconds: number
  readonly rssBytes: number
  readonly anonymousBytes: number
  readonly virtualBytes: number
}

/** Clock ticks a second of Linux on every architecture that Node.js runs on. */
const TICKS = 100

/** Reads CPU and memory of a process. */
export function readUsage(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const kilobytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024
  // RssShmem counts as the process's own: the head lives in shared array buffers.
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS,
    rssBytes: kilobytes('VmRSS'),
    anonymousBytes: kilobytes('RssAnon') + kilobytes('RssShmem'),
    virtualBytes: kilobytes('VmSize'),
  }
}

/** Fake node_exporter targets of the harness, with a file_sd list of them. */
export async function startTargets(
  count: number,
  sdFile: string,
): Promise<{ stop(): Promise<unknown>; seriesCount: number }> {
  const [port, stats] = [await freePort(), await freePort()]
  const run = startProcess(process.execPath, [
    join(HARNESS, 'targets.js'),
    ...['--n', String(count), '--port', String(port), '--stats', String(stats)],
    ...['--phases', '48', '--variants', '10', '--sd', sdFile],
  ])
  await until(
    'the targets',
    () => run.output().includes('"ready":true') && existsSync(sdFile),
    120_000,
  )
  const { series } = JSON.parse(run.output()) as { series: number }
  return { stop: () => run.stop(), seriesCount: series * count }
}

/** prometheus.yml that scrapes a file_sd list. */
export function scrapeConfig(sdFile: string, interval: string): string {
  return [
    `global: {scrape_interval: ${interval}, scrape_timeout: ${interval}}`,
    'scrape_configs:',
    '  - job_name: node',
    `    file_sd_configs: [{files: ['${sdFile}']}]`,
  ].join('\n')
}

/** The program with a configuration. */
export async function startOurs(folder: string, config: string): Promise<TestProcess> {
  return await startNarthex({ config, storage: join(folder, 'narthex') })
}

/** Debian's Prometheus with the same configuration. */
export async function startRival(folder: string, config: string): Promise<TestProcess> {
  const file = join(folder, 'prometheus.yml')
  writeFileSync(file, config)
  const port = await freePort()
  return await startComponent(
    'prometheus',
    [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(folder, 'prometheus')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--web.enable-remote-write-receiver',
      '--web.enable-admin-api',
      '--storage.tsdb.retention.time=100y',
      '--log.level=warn',
    ],
    port,
    '/-/ready',
  )
}

/** Runs a script of the harness to its end. @returns what it printed */
export async function runHarness(script: string, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(HARNESS, script), ...args], {
    maxBuffer: 64_000_000,
  })
  return stdout
}

/** Waits a measuring time. */
export async function wait(seconds: number): Promise<void> {
  await delay(seconds * 1000)
}

/** Bytes on disk below a folder, as `du` counts them. */
export async function diskBytes(folder: string): Promise<number> {
  const { stdout } = await promisify(execFile)('du', ['-s', '--block-size=1', folder])
  return Number(stdout.split('\t')[0])
}

/** `ours / theirs` with two digits. */
export function ratio(ours: number, theirs: number): string {
  return (ours / theirs).toPrecision(2)
}

/** Bytes as MB of a million. */
export function megabytes(sizeBytes: number): string {
  return (sizeBytes / 1e6).toFixed(1)
}
