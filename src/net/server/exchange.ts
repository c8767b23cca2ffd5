/** One request from the gate to the last byte of its reply. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { messageOf, NarthexError } from '../../base/error.ts'
import { hasRole } from '../../model/role.ts'
import type { Access } from './access.ts'
import { type HeldBody, isForm, joinParams, NO_BODY, readBody } from './body.ts'
import { type Fault, faultOf, renderFault } from './fault.ts'
import { refuseForeignSite, refuseShape } from './gate.ts'
import { Departure, type Hall } from './hall.ts'
import { ANYBODY, type Ask, type Identity, type Reply, type Route } from './message.ts'
import type { RouteMatch } from './route.ts'
import { sendReply } from './send.ts'
import { certificateName } from './tls.ts'

/** What the gate let in. */
interface Admitted {
  readonly match: RouteMatch
  readonly identity: Identity
}

/** What it did not; who it was and what for, where that is to be known. */
interface Refused extends Partial<Admitted> {
  readonly fault: Fault
}

/** Who asks where nobody needs to be known. */
const STRANGER: Identity = { name: ANYBODY, role: 'viewer' }

/** Answers one request; never throws. */
export async function exchange(
  hall: Hall,
  request: IncomingMessage,
  response: ServerResponse,
  waitsForContinue: boolean,
): Promise<void> {
  const startedMs = hall.clock.monotonicMs()
  const access = hall.access()
  const departure = new Departure()
  hall.underWay.add(departure)
  response.once('close', () => {
    if (response.writableFinished) return
    departure.leave(new NarthexError('canceled', 'the client has left'))
  })

  const target = request.url ?? ''
  const mark = target.indexOf('?')
  const path = mark < 0 ? target : target.slice(0, mark)
  const query = mark < 0 ? '' : target.slice(mark + 1)
  let held: HeldBody = NO_BODY
  let handler = 'unmatched'
  let admitted: Admitted | Refused | undefined
  let reply: Reply
  try {
    admitted = await admit(hall, access, request, path)
    if ('fault' in admitted) {
      reply = renderFault(admitted.fault, path, request.headers.accept)
    } else {
      const { route } = admitted.match
      handler = route.family ?? route.path
      if (takesBody(route, request)) {
        const { formBytesMax, requestBytesMax } = hall.limits
        const [bytesMax, boundName] =
          route.body === 'form'
            ? [formBytesMax, 'the bound on forms']
            : [requestBytesMax, '--limit.request-bytes']
        held = await readBody(request, bytesMax, boundName, hall.bodies, () => {
          if (waitsForContinue) response.writeContinue()
        })
      }
      const ask = new ReadAsk(request, admitted, query, held.bytes, departure)
      reply = await route.handle(ask)
    }
  } catch (error) {
    if (!(error instanceof NarthexError)) {
      const stack = error instanceof Error ? error.stack : undefined
      hall.log.error('request failed by a fault of ours', {
        handler,
        error: messageOf(error),
        stack,
      })
    }
    reply = renderFault(faultOf(error), path, request.headers.accept)
  }

  let { status } = reply
  try {
    status = await sendReply(hall, access.headers, request, response, reply)
  } catch (error) {
    hall.log.error('reply could not be sent', { handler, error: messageOf(error) })
    response.destroy()
  } finally {
    held.release()
    hall.underWay.delete(departure)
    hall.requests.observe(handler, status, hall.clock.monotonicMs() - startedMs)
    witness(hall, request, admitted, status)
  }
}

/** Tells of what was changed, or should have been. */
function witness(
  hall: Hall,
  request: IncomingMessage,
  admitted: Admitted | Refused | undefined,
  status: number,
): void {
  const { match, identity } = admitted ?? {}
  if (match === undefined || identity === undefined) return
  const { route, segments } = match
  if (!route.changes || route.isHeartbeat === true) return
  const { method = '' } = request
  const address = request.socket.remoteAddress ?? ''
  hall.witness?.changed({ identity, address, method, route, segments, status })
}

/** Lets a request in or says why not; the order decides what a stranger learns: nothing. */
async function admit(
  hall: Hall,
  access: Access,
  request: IncomingMessage,
  path: string,
): Promise<Admitted | Refused> {
  const { method = '', url: target = '', httpVersion, headers, rawHeaders } = request
  const incoming = { method, target, httpVersion, headers, rawHeaders }
  const shape = refuseShape(incoming, access.hosts, hall.limits.urlLengthMax)
  if (shape !== undefined) return { fault: shape }
  const flood = access.rate?.take()
  if (flood !== undefined) return { fault: flood }

  const open = findOpen(hall, method, path)
  if (open !== undefined) return admitTo(hall, open, STRANGER, request)

  const address = request.socket.remoteAddress ?? ''
  const certificate = certificateName(request.socket as TLSSocket)
  const { authorization, cookie } = headers
  const shown = { authorization, cookie, address, certificate }
  const verdict = await access.authenticator.identify(shown)
  if ('fault' in verdict) {
    if (authorization !== undefined) hall.logins.count(address)
    if (verdict.wrongFor !== undefined) hall.witness?.refused(verdict.wrongFor, address)
    return { fault: verdict.fault }
  }

  const found = await hall.table.reach(method, path)
  if (found === undefined) {
    const message = '404 page not found'
    return { fault: { status: 404, errorType: 'not_found', message } }
  }
  if (!('route' in found)) {
    const message = `method ${method} is not served here, wanted ${found.join(' or ')}`
    const allow = { allow: found.join(', ') }
    return { fault: { status: 405, errorType: 'bad_data', message, headers: allow } }
  }
  return admitTo(hall, found, verdict.identity, request)
}

/** A route that strangers may use. */
function findOpen(hall: Hall, method: string, path: string): RouteMatch | undefined {
  const found = hall.table.find(method, path)
  return found !== undefined && 'route' in found && found.route.role === 'none' ? found : undefined
}

/** Lets somebody known to a route, or says why not. */
function admitTo(
  hall: Hall,
  match: RouteMatch,
  identity: Identity,
  { headers, socket }: IncomingMessage,
): Admitted | Refused {
  const { role, changes } = match.route
  if (role !== 'none' && !hasRole(identity.role, role)) {
    const message = `cannot do this as ${identity.role}: wanted the role ${role}`
    return { fault: { status: 403, errorType: 'forbidden', message }, match, identity }
  }
  const foreign = refuseForeignSite(headers, changes, identity.session !== undefined)
  if (foreign !== undefined) return { fault: foreign, match, identity }
  const tooMany = changes ? hall.changes?.take(identity, socket.remoteAddress ?? '') : undefined
  return tooMany === undefined ? { match, identity } : { fault: tooMany }
}

function takesBody(route: Route, request: IncomingMessage): boolean {
  if (route.body === 'none' || request.method === 'GET' || request.method === 'HEAD') return false
  return route.body === 'bytes' || isForm(request.headers['content-type'])
}

/** The ask of a request whose body has been read. */
class ReadAsk implements Ask {
  readonly #request: IncomingMessage
  readonly #query: string
  readonly #isForm: boolean
  readonly #departure: Departure
  #params: URLSearchParams | undefined
  readonly method: string
  readonly segments: ReadonlyMap<string, string>
  readonly identity: Identity
  readonly body: Uint8Array

  constructor(
    request: IncomingMessage,
    admitted: Admitted,
    query: string,
    body: Uint8Array,
    departure: Departure,
  ) {
    this.#request = request
    this.#query = query
    this.#isForm = admitted.match.route.body === 'form'
    this.#departure = departure
    this.method = request.method ?? ''
    this.segments = admitted.match.segments
    this.identity = admitted.identity
    this.body = body
  }

  get params(): URLSearchParams {
    this.#params ??= this.#isForm
      ? joinParams(this.body, this.#query)
      : new URLSearchParams(this.#query)
    return this.#params
  }

  get address(): string {
    return this.#request.socket.remoteAddress ?? ''
  }

  get signal(): AbortSignal {
    return this.#departure.signal
  }

  header(name: string): string | undefined {
    const value = this.#request.headers[name]
    return Array.isArray(value) ? value.join(', ') : value
  }
}
