/** What TLS is told: whom to trust, what to show, under which name. */
import { readFile } from 'node:fs/promises'
import net from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { messageOf, NarthexError } from '../../base/error.ts'
import type { TlsConfig } from '../../config/http.ts'
import { builtin } from './builtin.ts'

/** Options for a connection to `url`; files are read now. */
export async function tlsOptions(config: TlsConfig, url: URL): Promise<ConnectionOptions> {
  const ca = config.caFile === '' ? config.ca : await readPem(config.caFile)
  const cert = config.certFile === '' ? config.cert : await readPem(config.certFile)
  const key = config.keyFile === '' ? (config.key?.reveal() ?? '') : await readPem(config.keyFile)
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

async function readPem(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new NarthexError('io', `cannot read TLS file ${file}: ${messageOf(error)}`, error)
  }
}
