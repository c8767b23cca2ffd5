/** Runs git on one bare repository: no shell, no settings of others, each command within its time and size. */
import { NarthexError } from '../../base/error.ts'
import { type CommandOptions, runCommand } from '../sources/command.ts'
import {
  type GitRemote,
  type GitSettings,
  remoteEnvironment,
  settingsAsVariables,
} from '../sources/gitenvironment.ts'

/** How long a command on the disk, and one that asks another machine, may take. */
const LOCAL_MS_MAX = 20_000
const REMOTE_MS_MAX = 60_000
/** Most bytes of what a command says, where its caller does not know better. */
const SAID_BYTES_MAX = 16_777_216

/** Where commits are shared. */
export type Remote = Pick<GitRemote, 'url' | 'token'>

export type GitOptions = Partial<Pick<CommandOptions, 'input' | 'bytesMax' | 'env'>>

/** Git with a repository. */
export class Git {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** What a command on the disk says. */
  async text(args: readonly string[], options: GitOptions = {}): Promise<string> {
    return (await this.bytes(args, options)).toString().trimEnd()
  }

  bytes(args: readonly string[], options: GitOptions = {}): Promise<Buffer> {
    const env = {
      PATH: process.env.PATH ?? '',
      ...settingsAsVariables(settingsOf(this.#folder)),
      ...variablesOf(this.#folder),
      ...options.env,
      ...NO_SETTINGS,
    }
    return this.#run(args, LOCAL_MS_MAX, { ...options, env }, [])
  }

  /** What a command says that asks another machine. */
  async remote(args: readonly string[], { url, token }: Remote): Promise<string> {
    const settings = settingsOf(this.#folder)
    const { env, secrets } = remoteEnvironment({ url, token, isAdded: false, settings })
    const own = { ...env, ...variablesOf(this.#folder) }
    const said = await this.#run(args, REMOTE_MS_MAX, { env: own }, secrets)
    return said.toString()
  }

  #run(
    args: readonly string[],
    msMax: number,
    { env = {}, input = '', bytesMax = SAID_BYTES_MAX }: GitOptions,
    secrets: readonly string[],
  ): Promise<Buffer> {
    const signal = AbortSignal.timeout(msMax)
    return runCommand('git', args, { cwd: this.#folder, env, input, bytesMax, signal, secrets })
  }
}

/** Whether this machine has git at all. */
export async function isGitThere(): Promise<boolean> {
  try {
    return (await new Git('/').text(['--version'])).startsWith('git version ')
  } catch (error) {
    if (error instanceof NarthexError) return false
    throw error
  }
}

/** On the disk nothing of the settings of whoever has started us counts. */
const NO_SETTINGS = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' }

function variablesOf(folder: string): Record<string, string> {
  return { GIT_DIR: folder, GIT_LITERAL_PATHSPECS: '1' }
}

function settingsOf(folder: string): GitSettings {
  return [
    ['safe.directory', folder],
    // What has been acknowledged is on the disk.
    ['core.fsync', 'all'],
    ['gc.auto', '0'],
  ]
}
