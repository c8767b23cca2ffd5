/** Accounts of a hub that runs, over its API. */
import type { Accounts, AddedToken, TokenAccount, UserAccount } from '../../model/accounts.ts'
import type { HubClient } from './client.ts'

/** What tools need of accounts. */
export type ToolAccounts = Pick<
  Accounts,
  'users' | 'putUser' | 'removeUser' | 'tokens' | 'addToken' | 'removeToken'
>

/** Times as the API says them: RFC 3339, null for never. */
type Told<T, Times extends string> = Omit<T, `${Times}Ms`> & Record<Times, string | null>

type ToldUser = Told<UserAccount, 'created' | 'changed'>
type ToldToken = Told<TokenAccount, 'created' | 'expires' | 'used'>

export class RemoteAccounts implements ToolAccounts {
  readonly #client: HubClient

  constructor(client: HubClient) {
    this.#client = client
  }

  async users(): Promise<readonly UserAccount[]> {
    const { users } = await this.#client.call<{ users: readonly ToldUser[] }>(
      'GET',
      pathOf('users'),
    )
    return users.map(({ created, changed, ...user }) => {
      return { ...user, createdMs: msOf(created), changedMs: msOf(changed) }
    })
  }

  async putUser(name: string, value: unknown): Promise<void> {
    await this.#client.call('PUT', pathOf('users', name), { body: value })
  }

  async removeUser(name: string): Promise<void> {
    await this.#client.call('DELETE', pathOf('users', name))
  }

  async tokens(): Promise<readonly TokenAccount[]> {
    const told = await this.#client.call<{ tokens: readonly ToldToken[] }>('GET', pathOf('tokens'))
    return told.tokens.map(({ created, expires, used, ...token }) => {
      const times = { expiresMs: msOf(expires), usedMs: msOf(used) }
      return { ...token, createdMs: msOf(created), ...times }
    })
  }

  async addToken(name: string, value: unknown): Promise<AddedToken> {
    return await this.#client.call('POST', pathOf('tokens', name), { body: value })
  }

  async removeToken(name: string): Promise<void> {
    await this.#client.call('DELETE', pathOf('tokens', name))
  }
}

function pathOf(kind: 'users' | 'tokens', name = ''): string {
  return `api/v1/hub/${kind}${name === '' ? '' : `/${encodeURIComponent(name)}`}`
}

function msOf(time: string | null): number {
  return time === null ? 0 : Date.parse(time)
}
