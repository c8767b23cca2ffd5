/** Runs a program without a shell: its time and its output are bounded, and no secret is in what it says. */
import { spawn } from 'node:child_process'
import { messageOf, NarthexError } from '../../base/error.ts'

const COMPLAINT_BYTES_MAX = 4096
const COMPLAINT_LENGTH_MAX = 300

export interface CommandOptions {
  readonly cwd: string
  /** All of it. */
  readonly env: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  /** Most bytes of what it says. */
  readonly bytesMax: number
  readonly input?: string
  /** Never told in errors. */
  readonly secrets: readonly string[]
}

/**
 * What a program says on its standard output.
 *
 * @throws NarthexError `io` when it cannot be run or ends badly, `limit` when it says too much,
 *   or the reason of the signal
 */
export function runCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<Buffer> {
  const { cwd, env, signal, bytesMax, input = '', secrets } = options
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  if (signal.aborted) throw signal.reason
  // A group of its own, so that what it has started ends with it.
  const child = spawn(program, args, { cwd, env, detached: true, stdio: 'pipe' })
  const end = (reason: unknown): void => {
    reject(reason)
    killGroup(child.pid)
  }
  const abort = (): void => end(signal.reason)
  signal.addEventListener('abort', abort, { once: true })

  const parts: Buffer[] = []
  let bytes = 0
  let complaint = ''
  child.stdout.on('data', (part: Buffer) => {
    bytes += part.length
    if (bytes <= bytesMax) parts.push(part)
    else
      end(new NarthexError('limit', `cannot run ${program}: it says more than ${bytesMax} bytes`))
  })
  child.stderr.on('data', (part: Buffer) => {
    complaint = (complaint + part.toString()).slice(-COMPLAINT_BYTES_MAX)
  })
  child.stdin.on('error', () => {}) // it ended before it had read all: its code tells
  child.stdin.end(input)
  child.on('error', (error) => {
    reject(new NarthexError('io', `cannot run ${program}: ${messageOf(error)}`, error))
  })
  child.on('close', (code) => {
    signal.removeEventListener('abort', abort)
    if (code === 0) return resolve(Buffer.concat(parts))
    const said = tidy(complaint, secrets) || `it ended with ${code}`
    reject(new NarthexError('io', `cannot run ${program} ${args[0]}: ${said}`))
  })
  return promise
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended meanwhile.
  }
}

/** The first lines in one, without control characters, secrets, and credentials in addresses. */
function tidy(complaint: string, secrets: readonly string[]): string {
  let text = complaint
    .trim()
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[^ -~]/g, '?')
  for (const secret of secrets) text = text.replaceAll(secret, '<secret>')
  return text.replaceAll(/:\/\/[^/@ ]*@/g, '://<secret>@').slice(0, COMPLAINT_LENGTH_MAX)
}
