/** The log: one JSON or logfmt line an event on standard error, never a secret. */
import { pino } from 'pino'

/** Levels as Prometheus names them. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** What rooms log through. Fields are plain values; a `Secret` prints as `<secret>`. */
export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void
  info(message: string, fields?: Record<string, unknown>): void
  warn(message: string, fields?: Record<string, unknown>): void
  error(message: string, fields?: Record<string, unknown>): void
}

/** Opens the log of the process on standard error. */
export function openLog(level: LogLevel): Log {
  const sink = pino(
    {
      level,
      base: null,
      messageKey: 'msg',
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    pino.destination({ dest: 2, sync: true }),
  )
  const at =
    (name: LogLevel) =>
    (message: string, fields?: Record<string, unknown>): void =>
      sink[name](fields ?? {}, message)
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** A log that says nothing, for tests. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} }
