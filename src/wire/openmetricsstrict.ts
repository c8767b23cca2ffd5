/** What OpenMetrics 1.0 forbids and Prometheus lets pass. */
export function validateOpenMetrics(_body: Uint8Array): void {}
