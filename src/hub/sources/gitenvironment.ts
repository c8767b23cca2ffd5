/** What git finds around it: settings, keys and proxies, and a token that nobody else sees. */
import type { CommandOptions } from './command.ts'

/** Names and values of git's settings. */
export type GitSettings = readonly (readonly [name: string, value: string])[]

/** Where git goes, and with what. */
export interface GitRemote {
  readonly url: string
  /** '' for none. */
  readonly token: string
  /** Told while the program runs: it leads to no file of this machine, and nowhere else. */
  readonly isAdded: boolean
  readonly settings: GitSettings
}

/** The surroundings, and what of them is never told. */
export type GitEnvironment = Required<Pick<CommandOptions, 'env' | 'secrets'>>

/** What of our environment is passed on to who asks another machine: programs, keys, proxies and settings. */
const PASSED_ON =
  /^(?:PATH|HOME|USER|SSH_AUTH_SOCK|XDG_CONFIG_HOME|SSL_CERT_(?:FILE|DIR)|GIT_SSL_CAINFO|(?:https?|all|no)_proxy)$/i

/** Settings as variables: everybody may see the arguments of a command. Hooks never run. */
export function settingsAsVariables(settings: GitSettings): Record<string, string> {
  const all = [['core.hooksPath', '/dev/null'], ...settings]
  const pairs = all.flatMap(([name, value], i) => [
    [`GIT_CONFIG_KEY_${i}`, name],
    [`GIT_CONFIG_VALUE_${i}`, value],
  ])
  return { LC_ALL: 'C', GIT_CONFIG_COUNT: String(all.length), ...Object.fromEntries(pairs) }
}

/** For a command that asks another machine: it asks nobody here for a password. */
export function remoteEnvironment(remote: GitRemote): GitEnvironment {
  const { url, token, isAdded } = remote
  const basic = Buffer.from(`x-access-token:${token}`).toString('base64')
  const settings: [string, string][] = [['fetch.fsckObjects', 'true']]
  // For this address only.
  if (token !== '') settings.push([`http.${url}.extraHeader`, `Authorization: Basic ${basic}`])
  if (token !== '' || isAdded) settings.push(['http.followRedirects', 'false'])
  const passed = Object.entries(process.env).filter(([name]) => PASSED_ON.test(name))
  const env = {
    ...Object.fromEntries(passed.map(([name, value]) => [name, value ?? ''])),
    ...settingsAsVariables([...settings, ...remote.settings]),
    GIT_ALLOW_PROTOCOL: isAdded ? 'https:http:ssh:git' : 'https:http:ssh:git:file',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: 'true',
    GIT_SSH_COMMAND: 'ssh -o BatchMode=yes',
  }
  return { env, secrets: token === '' ? [] : [token, basic] }
}
