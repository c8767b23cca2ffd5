/** The success envelope of the Prometheus API. */
import type { Reply } from '../../net/server/message.ts'

/** `{"status":"success","data":…}`, with warnings where there are some. */
export function success(data: unknown, warnings: readonly string[] = []): Reply {
  const body =
    warnings.length === 0 ? { status: 'success', data } : { status: 'success', data, warnings }
  return { status: 200, type: 'application/json', body: JSON.stringify(body) }
}

/** An envelope that is written already. */
export function successBytes(body: Uint8Array): Reply {
  return { status: 200, type: 'application/json', body }
}

/** A time as Go's JSON writes it; 0 is Go's zero time. */
export function formatTime(timeMs: number): string {
  return timeMs === 0 ? '0001-01-01T00:00:00Z' : new Date(timeMs).toISOString()
}
