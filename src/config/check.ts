/** `narthex check config`: what promtool would say about a file, as lines and an exit code. */
import { accessSync, constants } from 'node:fs'
import { messageOf, NarthexError } from '../base/error.ts'
import { type Config, listFiles, readConfig, readConfigFile } from './config.ts'
import type { HttpClientConfig } from './http.ts'
import { formatProblem } from './report.ts'

export interface CheckOptions {
  /** Only the text: files it names need not exist, scrape_config_files are not read. */
  readonly syntaxOnly: boolean
  readonly agent: boolean
}

/** What to print where, and how to end: 0 all good, 1 at least one file is bad. */
export interface CheckResult {
  readonly stdout: readonly string[]
  readonly stderr: readonly string[]
  readonly exitCode: 0 | 1
}

/** Checks the files one by one. */
export function checkConfig(files: readonly string[], options: CheckOptions): CheckResult {
  const stdout: string[] = []
  const stderr: string[] = []
  let failed = files.length === 0
  if (failed) stderr.push('cannot check configuration: no file named')
  for (const file of files) {
    stdout.push(`Checking ${file}`)
    const faults = checkFile(file, options, stdout, stderr)
    for (const fault of faults) stderr.push(`  FAILED: ${fault}`)
    if (faults.length === 0) {
      stdout.push(` SUCCESS: ${file} is valid prometheus config file syntax`)
    } else failed = true
    stdout.push('')
  }
  return { stdout, stderr, exitCode: failed ? 1 : 0 }
}

/** The faults of one file; none when it is good. */
function checkFile(
  file: string,
  options: CheckOptions,
  stdout: string[],
  stderr: string[],
): readonly string[] {
  let source: string
  try {
    source = readConfigFile(file)
  } catch (error) {
    if (error instanceof NarthexError) return [error.message]
    throw error
  }
  const loaded = readConfig(source, file, { agent: options.agent, includes: !options.syntaxOnly })
  for (const warning of loaded.warnings) stderr.push(`  WARNING: ${formatProblem(warning)}`)
  if (loaded.config === undefined) return loaded.errors.map(formatProblem)
  return options.syntaxOnly ? [] : checkReferences(loaded.config, stdout, stderr)
}

/** Files that the configuration names and that must be readable. */
function checkReferences(config: Config, stdout: string[], stderr: string[]): string[] {
  const faults: string[] = []
  const need = (path: string, what: string): void => {
    if (path === '') return
    try {
      accessSync(path, constants.R_OK)
    } catch (error) {
      faults.push(`error checking ${what} "${path}": ${messageOf(error)}`)
    }
  }
  let ruleFileCount = 0
  for (const pattern of config.ruleFiles) {
    const found = listFiles(pattern)
    if (found.length === 0 && !pattern.includes('*')) {
      faults.push(`"${pattern}" does not point to an existing file`)
    }
    ruleFileCount += found.length
  }
  if (ruleFileCount > 0) stdout.push(`  SUCCESS: ${ruleFileCount} rule files found`)
  for (const job of config.scrape) {
    checkClient(job.http, need)
    const { http, consul, kubernetes, docker } = job.discovery
    for (const source of [...http, ...consul, ...kubernetes, ...docker]) {
      checkClient(source.http, need)
    }
    for (const { kubeconfigFile } of kubernetes) need(kubeconfigFile, 'kubeconfig file')
    for (const pattern of job.discovery.file.flatMap((source) => source.files)) {
      if (listFiles(pattern).length > 0) continue
      stderr.push(
        `  WARNING: file "${pattern}" for file_sd in scrape job "${job.jobName}" does not exist`,
      )
    }
  }
  return faults
}

function checkClient(http: HttpClientConfig, need: (path: string, what: string) => void): void {
  need(http.basicAuth?.usernameFile ?? '', 'username file')
  need(http.basicAuth?.passwordFile ?? '', 'password file')
  need(http.authorization?.credentialsFile ?? '', 'authorization credentials or bearer token file')
  need(http.oauth2?.clientSecretFile ?? '', 'client secret file')
  need(http.tls.caFile, 'CA file')
  need(http.tls.certFile, 'client cert file')
  need(http.tls.keyFile, 'client key file')
  for (const path of http.headers.flatMap((header) => header.files)) need(path, 'header file')
}
