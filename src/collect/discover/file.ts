/** File discovery: reads and watches files of target groups, keeps the last good lists. */
import { type FSWatcher, watch } from 'node:fs'
import { glob, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import type { Timer } from '../../base/clock.ts'
import { NarthexError } from '../../base/error.ts'
import type { FileDiscovery } from '../../config/discovery.ts'
import type { Labels } from '../../model/labels.ts'
import { parseJsonGroups, parseYamlGroups } from './groups.ts'
import { type Provider, type ProviderContext, ProviderState } from './provider.ts'
import type { DiscoveryMetrics } from './sdmetrics.ts'

/** Largest file taken. */
export const FILE_SIZE_BYTES_MAX = 67_108_864
/** How long changes of a folder are gathered before its files are read. */
const SETTLE_MS = 50

/** Reads at once, after each change of a folder, and at each interval. */
export function startFileProvider(
  config: FileDiscovery,
  context: ProviderContext,
  metrics: DiscoveryMetrics,
): Provider {
  const provider = new FileProvider(config, context, metrics)
  provider.start()
  return provider
}

class FileProvider implements Provider {
  readonly state: ProviderState
  readonly #config: FileDiscovery
  readonly #context: ProviderContext
  readonly #metrics: DiscoveryMetrics
  readonly #good = new Map<string, readonly Labels[]>()
  readonly #watchers = new Map<string, FSWatcher>()
  #timer: Timer | undefined
  #soon: Timer | undefined
  #reading = false
  #again = false
  #stopped = false

  constructor(config: FileDiscovery, context: ProviderContext, metrics: DiscoveryMetrics) {
    this.#config = config
    this.#context = context
    this.#metrics = metrics
    this.state = new ProviderState(context, 'file', config.files.join(', '))
  }

  start(): void {
    void this.#refresh()
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
    this.#soon?.cancel()
    for (const watcher of this.#watchers.values()) watcher.close()
    for (const file of this.#good.keys()) this.#metrics.fileMtime.without(file)
  }

  /** Reads everything; a change meanwhile makes it read once more. */
  async #refresh(): Promise<void> {
    if (this.#reading) {
      this.#again = true
      return
    }
    this.#reading = true
    this.#timer?.cancel()
    const startMs = this.#context.clock.monotonicMs()
    do {
      this.#again = false
      this.#watchFolders()
      await this.#readAll()
    } while (this.#again && !this.#stopped)
    this.#reading = false
    if (this.#stopped) return
    const { clock } = this.#context
    this.#metrics.refreshSeconds.observe((clock.monotonicMs() - startMs) / 1000)
    this.#timer = clock.after(this.#config.refreshIntervalMs, () => void this.#refresh())
  }

  async #readAll(): Promise<void> {
    const files = await this.#findFiles()
    const gone = new Set(this.#good.keys())
    let failure: unknown
    for (const file of files) {
      gone.delete(file)
      try {
        this.#good.set(file, await readTargets(file, this.#metrics))
      } catch (error) {
        failure ??= error
        this.#metrics.fileReadErrors.with().inc()
        this.#metrics.refreshFailures.with('file').inc()
      }
    }
    if (this.#stopped) return
    for (const file of gone) {
      this.#good.delete(file)
      this.#metrics.fileMtime.without(file)
    }
    const targets = [...this.#good.values()].flat()
    if (failure === undefined) this.state.succeed(targets)
    else this.state.fail(failure, targets)
  }

  async #findFiles(): Promise<string[]> {
    const files = new Set<string>()
    for (const pattern of this.#config.files) {
      if (pattern.includes('*')) for await (const file of glob(pattern)) files.add(file)
      else if (await exists(pattern)) files.add(pattern)
    }
    return [...files].sort()
  }

  /** Watches the folders that are there and not yet watched; polling covers the rest. */
  #watchFolders(): void {
    for (const pattern of this.#config.files) {
      const folder = path.dirname(pattern)
      if (this.#watchers.has(folder)) continue
      try {
        const watcher = watch(folder, { persistent: false }, () => this.#changed())
        watcher.on('error', () => this.#forget(folder))
        this.#watchers.set(folder, watcher)
      } catch {
        // Not there, or no watches left: counted, and the interval reads it.
        this.#metrics.fileWatcherErrors.with().inc()
      }
    }
  }

  #forget(folder: string): void {
    this.#metrics.fileWatcherErrors.with().inc()
    this.#watchers.get(folder)?.close()
    this.#watchers.delete(folder)
  }

  #changed(): void {
    this.#soon?.cancel()
    this.#soon = this.#context.clock.after(SETTLE_MS, () => void this.#refresh())
  }
}

async function exists(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined)) !== undefined
}

async function readTargets(file: string, metrics: DiscoveryMetrics): Promise<readonly Labels[]> {
  const info = await stat(file)
  if (info.size > FILE_SIZE_BYTES_MAX) {
    const seen = `${info.size} bytes, at most ${FILE_SIZE_BYTES_MAX}`
    throw new NarthexError('too_big', `cannot read ${file}: ${seen}`)
  }
  const text = await readFile(file, 'utf8')
  const extra = [['__meta_filepath', file]] as const
  const parse = /\.json$/i.test(file) ? parseJsonGroups : parseYamlGroups
  try {
    const targets = parse(text, extra)
    metrics.fileMtime.with(file).set(info.mtimeMs / 1000)
    return targets
  } catch (error) {
    if (!(error instanceof NarthexError)) throw error
    throw new NarthexError(error.kind, `${error.message} in ${file}`, error)
  }
}
