/** Figures that stand in the server's own /metrics. */

/** What lies on disk and in memory; undefined where the role has none of it. */
export interface OwnFigures {
  /** Memory of the process. */
  readonly residentBytes: number | undefined
  readonly blockCount: number | undefined
  readonly blockBytes: number | undefined
  readonly logBytes: number | undefined
  readonly headBytes: number | undefined
  readonly isReadOnly: boolean
}

/** Reads exposition text. */
export function ownFigures(text: string): OwnFigures {
  return {
    residentBytes: readGauge(text, 'process_resident_memory_bytes'),
    blockCount: readGauge(text, 'prometheus_tsdb_blocks_loaded'),
    blockBytes: readGauge(text, 'prometheus_tsdb_storage_blocks_bytes'),
    logBytes: readGauge(text, 'narthex_log_size_bytes'),
    headBytes: readGauge(text, 'narthex_store_head_bytes'),
    isReadOnly: readGauge(text, 'narthex_store_read_only') === 1,
  }
}

/** The value of a metric without labels. */
function readGauge(text: string, name: string): number | undefined {
  const at = text.startsWith(`${name} `) ? 0 : text.indexOf(`\n${name} `) + 1
  if (at === 0 && !text.startsWith(`${name} `)) return undefined
  const [, value] = text.slice(at, text.indexOf('\n', at)).split(' ')
  const number = Number(value)
  return value === '' || Number.isNaN(number) ? undefined : number
}
