/** Loaded before a program: writes down each connection that it begins and each name that it looks up. */
import dns from 'node:dns'
import { appendFileSync } from 'node:fs'
import { Socket } from 'node:net'

const file = process.env.OUTBOUND_FILE ?? ''

function watch(holder, name) {
  const original = holder[name]
  holder[name] = function watched(...args) {
    appendFileSync(file, `${name} ${JSON.stringify(args[0])}\n`)
    return original.apply(this, args)
  }
}

watch(Socket.prototype, 'connect')
watch(dns, 'lookup')
