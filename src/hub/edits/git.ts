/** Runs git on one bare repository: no shell, no settings of others, each command within its time and size. */
import { NarthexError } from '../../base/error.ts'
import { type CommandOptions, runCommand } from '../sources/command.ts'

/** How long a command on the disk, and one that asks another machine, may take. */
const LOCAL_MS_MAX = 20_000
const REMOTE_MS_MAX = 60_000
/** Most bytes of what a command says, where its caller does not know better. */
const SAID_BYTES_MAX = 16_777_216

/** What of our environment is passed on to who asks another machine: keys, proxies and settings. */
const PASSED_ON =
  /^(?:HOME|USER|SSH_AUTH_SOCK|XDG_CONFIG_HOME|SSL_CERT_(?:FILE|DIR)|GIT_SSL_CAINFO|(?:https?|all|no)_proxy)$/i

/** Where commits are shared. */
export interface Remote {
  readonly url: string
  /** '' for none. */
  readonly token: string
}

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
    const env = { ...environmentOf(this.#folder, []), ...options.env, ...NO_SETTINGS }
    return this.#run(args, LOCAL_MS_MAX, { ...options, env }, [])
  }

  /** What a command says that asks another machine. */
  async remote(args: readonly string[], { url, token }: Remote): Promise<string> {
    const basic = Buffer.from(`x-access-token:${token}`).toString('base64')
    const settings: [string, string][] = [['fetch.fsckObjects', 'true']]
    if (token !== '') {
      // In the environment, because everybody may see the arguments; and for this address only.
      settings.push([`http.${url}.extraHeader`, `Authorization: Basic ${basic}`])
      settings.push(['http.followRedirects', 'false'])
    }
    const passed = Object.entries(process.env).filter(([name]) => PASSED_ON.test(name))
    const env = {
      ...Object.fromEntries(passed.map(([name, value]) => [name, value ?? ''])),
      ...environmentOf(this.#folder, settings),
      GIT_ALLOW_PROTOCOL: 'https:http:ssh:git:file',
      GIT_TERMINAL_PROMPT: '0',
      GIT_ASKPASS: 'true',
      GIT_SSH_COMMAND: 'ssh -o BatchMode=yes',
    }
    const said = await this.#run(args, REMOTE_MS_MAX, { env }, token === '' ? [] : [token, basic])
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

function environmentOf(
  folder: string,
  more: readonly (readonly [string, string])[],
): Record<string, string> {
  const settings = [
    ['core.hooksPath', '/dev/null'],
    ['safe.directory', folder],
    // What has been acknowledged is on the disk.
    ['core.fsync', 'all'],
    ['gc.auto', '0'],
    ...more,
  ]
  return {
    PATH: process.env.PATH ?? '',
    LC_ALL: 'C',
    GIT_DIR: folder,
    GIT_LITERAL_PATHSPECS: '1',
    GIT_CONFIG_COUNT: String(settings.length),
    ...Object.fromEntries(
      settings.flatMap(([key, value], i) => [
        [`GIT_CONFIG_KEY_${i}`, key],
        [`GIT_CONFIG_VALUE_${i}`, value],
      ]),
    ),
  }
}
