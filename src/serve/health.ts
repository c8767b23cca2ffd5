/** /-/healthy, /-/ready, /-/reload, /-/quit and /metrics: for machines that look after machines. */
import { messageOf, NarthexError } from '../base/error.ts'
import type { Metrics } from '../base/metrics.ts'
import type { Reply } from '../net/server/message.ts'

/** The text format that /metrics is written in. */
const EXPOSITION = 'text/plain; version=0.0.4; charset=utf-8'

/** The process answers. */
export function handleHealthy(): Reply {
  return plain('narthex is healthy.')
}

/**
 * Whether it serves: everything is open and replayed, and it is not being stopped.
 *
 * @param hindrance what is in the way where a role knows more than that; '' when nothing is
 */
export function handleReady(isReady: () => boolean, hindrance?: () => string): Reply {
  requireReady(isReady, hindrance)
  return plain('narthex is ready.')
}

/** @throws NarthexError `busy` while starting or stopping, or with what is in the way */
export function requireReady(isReady: () => boolean, hindrance?: () => string): void {
  if (isReady()) return
  const reason = hindrance?.() || 'the server is starting or stopping'
  throw new NarthexError('busy', `cannot answer: ${reason}`)
}

/** Reads the configuration again; a bad one leaves the running one in place. */
export async function handleReload(reload: (() => Promise<void>) | undefined): Promise<Reply> {
  if (reload === undefined) throw lifecycleIsOff('reload')
  try {
    await reload()
  } catch (error) {
    throw new NarthexError('io', `failed to reload config: ${messageOf(error)}`, error)
  }
  return plain('')
}

/** Begins to stop, after the reply. */
export function handleQuit(quit: (() => void) | undefined): Reply {
  if (quit === undefined) throw lifecycleIsOff('quit')
  quit()
  return plain('Requesting termination... Goodbye!')
}

function lifecycleIsOff(verb: string): NarthexError {
  return new NarthexError(
    'forbidden',
    `cannot ${verb} over HTTP: the lifecycle API is not enabled (--web.enable-lifecycle)`,
  )
}

/** This process's own metrics. */
export function handleMetrics(metrics: Metrics): Reply {
  return { status: 200, type: EXPOSITION, body: metrics.render() }
}

function plain(line: string): Reply {
  return { status: 200, type: 'text/plain; charset=utf-8', body: line === '' ? '' : `${line}\n` }
}
