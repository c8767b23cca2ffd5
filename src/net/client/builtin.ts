/** Modules of the runtime that are loaded when they are first used: most agents need none of them. */

interface Modules {
  /** An import of it as ESM loads undici: 10 MiB. */
  'node:http': typeof import('node:http')
  /** It and `node:tls` take 8 MiB, half of it OpenSSL's. */
  'node:https': typeof import('node:https')
  'node:tls': typeof import('node:tls')
}

/** The module; from the second time on for nothing. */
export function builtin<Name extends keyof Modules>(name: Name): Modules[Name] {
  return process.getBuiltinModule(name)
}
