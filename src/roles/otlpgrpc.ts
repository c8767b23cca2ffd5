/** OTLP over gRPC on addresses of its own: loaded only where flags ask for it. */
import { systemClock } from '../base/clock.ts'
import type { Lifecycle } from '../base/lifecycle.ts'
import { startGrpcServer } from '../net/grpc/server.ts'
import { formatAddress, parseListenAddress, requireSafeListen } from '../net/server/address.ts'
import type { OtlpGrpcDeps, Push, PushLimits } from './push.ts'

/**
 * Starts it; what it hands back follows the web configuration.
 *
 * @throws NarthexError `bad_data` for an unguarded address, `io` for one that cannot be had
 */
export async function startOtlpGrpc(
  limits: PushLimits,
  push: Push,
  { log, metrics, web, insecureListen }: OtlpGrpcDeps,
  life: Lifecycle,
): Promise<() => void> {
  const addresses = limits.otlpGrpcAddresses.map(parseListenAddress)
  requireSafeListen(addresses, web(), insecureListen)
  const server = life.own(
    await startGrpcServer({
      addresses,
      methods: [push.otlp.method],
      web: web(),
      bcryptWorkerFile: new URL('./bcryptworker.js', import.meta.url),
      messageBytesMax: limits.requestBytesMax,
      metrics,
      log,
      clock: systemClock,
    }),
  )
  for (const address of server.addresses) {
    log.info('OTLP over gRPC is taken', { address: formatAddress(address) })
  }
  return () => server.reload(web())
}
