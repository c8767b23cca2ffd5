/** An authority, and certificates that it has signed, made anew for each run. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Certificates {
  /** Path of `<name>.pem` or `<name>.key`. */
  at(file: string): string
  remove(): void
}

/** @param names by name of the certificate, its alternative names */
export function makeCertificates(names: Readonly<Record<string, string>>): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'narthex-grpc-'))
  const at = (file: string): string => join(folder, file)
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  }
  const key = (name: string): string[] => [
    ...['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
    ...['-keyout', `${name}.key`, '-subj', `/CN=${name}`],
  ]
  openssl('req', '-x509', ...key('authority'), '-days', '2', '-out', 'authority.pem')
  for (const [name, alternative] of Object.entries(names)) {
    writeFileSync(at(`${name}.ext`), `subjectAltName=${alternative}\n`)
    openssl('req', ...key(name), '-out', `${name}.csr`)
    openssl(
      ...['x509', '-req', '-in', `${name}.csr`, '-CA', 'authority.pem', '-CAkey', 'authority.key'],
      ...['-CAcreateserial', '-days', '2', '-extfile', `${name}.ext`, '-out', `${name}.pem`],
    )
  }
  return { at, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
