/** A kubeconfig file: the server and credentials of its current context. */
import path from 'node:path'
import { NarthexError } from '../../../base/error.ts'
import { Secret } from '../../../base/secret.ts'
import { type HttpClientConfig, NO_PROXY, PLAIN_HTTP, PLAIN_TLS } from '../../../config/http.ts'
import { parseYaml, toPlain } from '../../../config/yaml.ts'
import { type JsonRecord, listAt, recordAt, textAt, toRecord } from '../json.ts'

/** Where a cluster is and how to speak to it. */
export interface ClusterAccess {
  readonly server: URL
  readonly http: HttpClientConfig
}

/**
 * Reads the current context.
 *
 * @param file absolute path, against which paths inside are resolved
 * @throws NarthexError `bad_data` for a file that cannot be used, also one that wants a program run
 */
export function readKubeconfig(text: string, file: string): ClusterAccess {
  const { root, faults } = parseYaml(text)
  const fault = faults.at(0)
  if (fault !== undefined) throw refuse(file, `line ${fault.mark.line}: ${fault.message}`)
  const config = toRecord(root === undefined ? undefined : toPlain(root))
  const current = textAt(config, 'current-context')
  if (current === '') throw refuse(file, 'it names no current-context')
  const context = named(config, 'contexts', 'context', current, file)
  const cluster = named(config, 'clusters', 'cluster', textAt(context, 'cluster'), file)
  const userName = textAt(context, 'user')
  const user = userName === '' ? {} : named(config, 'users', 'user', userName, file)
  const server = textAt(cluster, 'server')
  if (!/^https?:/.test(server) || !URL.canParse(server)) {
    throw refuse(
      file,
      `the server of cluster ${JSON.stringify(textAt(context, 'cluster'))} is no URL`,
    )
  }
  return { server: new URL(server), http: readClient(cluster, user, file) }
}

function named(
  config: JsonRecord,
  list: string,
  key: string,
  name: string,
  file: string,
): JsonRecord {
  const found = listAt(config, list)
    .map(toRecord)
    .find((one) => textAt(one, 'name') === name)
  if (found === undefined) throw refuse(file, `there is no ${key} ${JSON.stringify(name)}`)
  return recordAt(found, key)
}

function readClient(cluster: JsonRecord, user: JsonRecord, file: string): HttpClientConfig {
  for (const key of ['exec', 'auth-provider']) {
    if (user[key] !== undefined) {
      throw refuse(
        file,
        `its user wants "${key}" to run a program, wanted a token or a certificate`,
      )
    }
  }
  const dir = path.dirname(file)
  const fileAt = (record: JsonRecord, key: string): string => {
    const named = textAt(record, key)
    return named === '' ? '' : path.resolve(dir, named)
  }
  const ca = decode(cluster, 'certificate-authority-data', file)
  const cert = decode(user, 'client-certificate-data', file)
  const key = decode(user, 'client-key-data', file)
  const proxy = textAt(cluster, 'proxy-url')
  return {
    ...PLAIN_HTTP,
    ...credentials(user, fileAt(user, 'tokenFile')),
    tls: {
      ...PLAIN_TLS,
      ca,
      caFile: ca === '' ? fileAt(cluster, 'certificate-authority') : '',
      cert,
      certFile: cert === '' ? fileAt(user, 'client-certificate') : '',
      key: key === '' ? undefined : new Secret(key),
      keyFile: key === '' ? fileAt(user, 'client-key') : '',
      serverName: textAt(cluster, 'tls-server-name'),
      insecureSkipVerify: textAt(cluster, 'insecure-skip-tls-verify') === 'true',
    },
    proxy: proxy === '' ? NO_PROXY : { ...NO_PROXY, url: new Secret(proxy) },
  }
}

function credentials(
  user: JsonRecord,
  tokenFile: string,
): Pick<HttpClientConfig, 'authorization' | 'basicAuth'> {
  const token = textAt(user, 'token')
  const username = textAt(user, 'username')
  if (token !== '' || tokenFile !== '') {
    const authorization = {
      type: 'Bearer',
      credentials: tokenFile === '' ? new Secret(token) : undefined,
      credentialsFile: tokenFile,
    }
    return { authorization, basicAuth: undefined }
  }
  const basicAuth =
    username === ''
      ? undefined
      : {
          username,
          usernameFile: '',
          password: new Secret(textAt(user, 'password')),
          passwordFile: '',
        }
  return { authorization: undefined, basicAuth }
}

function decode(record: JsonRecord, key: string, file: string): string {
  const packed = textAt(record, key).replaceAll(/\s/g, '')
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(packed)) throw refuse(file, `${key} is not base64`)
  return Buffer.from(packed, 'base64').toString('utf8')
}

function refuse(file: string, why: string): NarthexError {
  return new NarthexError('bad_data', `cannot use kubeconfig ${file}: ${why}`)
}
