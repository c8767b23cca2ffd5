/** What TLS is told: whom to trust, what to show, under which name. */
import { readFile } from 'node:fs/promises'
import net from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { messageOf, NarthexError } from '../../base/error.ts'
import type { TlsConfig } from '../../config/http.ts'
import { builtin } from './builtin.ts'

/**
 * Looks at the files of a configuration before anything connects.
 *
 * @throws NarthexError `bad_data` for a file that cannot be read or holds no certificate or key
 */
export async function checkTlsFiles(config: TlsConfig): Promise<void> {
  const { caFile, certFile, keyFile } = config
  if (caFile + certFile + keyFile === '') return
  try {
    const { ca, cert, key } = await readTls(config)
    if (caFile !== '' && !ca.includes('-----BEGIN ')) throw new Error('ca_file has no certificate')
    builtin('node:tls').createSecureContext({
      ...(ca === '' ? {} : { ca }),
      ...(cert === '' ? {} : { cert }),
      ...(key === '' ? {} : { key }),
    })
  } catch (error) {
    const files = [caFile, certFile, keyFile].filter((file) => file !== '').join(', ')
    if (error instanceof NarthexError) throw new NarthexError('bad_data', error.message, error)
    const message = `cannot use TLS files ${files}: ${messageOf(error)}`
    throw new NarthexError('bad_data', message, error)
  }
}

/** Options for a connection to `url`; files are read now. */
export async function tlsOptions(config: TlsConfig, url: URL): Promise<ConnectionOptions> {
  const { ca, cert, key } = await readTls(config)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const name = config.serverName === '' ? host : config.serverName
  return {
    ...(ca === '' ? {} : { ca }),
    ...(cert === '' ? {} : { cert }),
    ...(key === '' ? {} : { key }),
    ...(net.isIP(name) === 0 ? { servername: name } : {}),
    checkServerIdentity: (_host, peer) => builtin('node:tls').checkServerIdentity(name, peer),
    rejectUnauthorized: !config.insecureSkipVerify,
    minVersion: config.versionMin ?? 'TLSv1.2',
    ...(config.versionMax === undefined ? {} : { maxVersion: config.versionMax }),
  }
}

interface TlsTexts {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

async function readTls(config: TlsConfig): Promise<TlsTexts> {
  return {
    ca: config.caFile === '' ? config.ca : await readPem(config.caFile),
    cert: config.certFile === '' ? config.cert : await readPem(config.certFile),
    key: config.keyFile === '' ? (config.key?.reveal() ?? '') : await readPem(config.keyFile),
  }
}

async function readPem(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new NarthexError('io', `cannot read TLS file ${file}: ${messageOf(error)}`, error)
  }
}
