import type { IncomingMessage, ServerResponse } from 'node:http'
import { isHealthy, whyNotReady, type HealthReport } from './health.ts'
import { isRead, listen, pathOf, reply, replyJson, type HttpServer } from './http-server.ts'

export interface MonitoringOptions {
  /** Default: 127.0.0.1, this machine only. */
  readonly host?: string
  /** 0: any that is free. */
  readonly port: number
}

/** What is asked of it, at each request. */
export interface Monitored {
  report(): HealthReport
  /** Prometheus' text. */
  metrics(): Promise<string>
}

/** https://prometheus.io/docs/instrumenting/exposition_formats/ */
const PROMETHEUS = 'text/plain; version=0.0.4; charset=utf-8'

/**
 * Answers `GET /health` (200 while Pawl works) and `GET /ready` (200 while what is stored may be served), else with 503 and why;
 * and `GET /metrics` for Prometheus. It tells names, levels, states and counts, and nothing else.
 * @returns false where it is another path
 */
export async function answerMonitoring(
  request: IncomingMessage,
  response: ServerResponse,
  { report, metrics }: Monitored,
): Promise<boolean> {
  const path = pathOf(request)
  if (path !== '/health' && path !== '/ready' && path !== '/metrics') return false
  if (!isRead(request)) replyJson(request, response, 405, { error: 'only GET and HEAD' })
  else if (path === '/metrics')
    reply(request, response, { status: 200, type: PROMETHEUS, body: await metrics() })
  else if (path === '/health') {
    const stands = report()
    const healthy = isHealthy(stands)
    replyJson(request, response, healthy ? 200 : 503, { healthy, ...stands })
  } else {
    const reasons = whyNotReady(report())
    const ready = reasons.length === 0
    replyJson(request, response, ready ? 200 : 503, { ready, reasons })
  }
  return true
}

/** Listens for `answerMonitoring` alone. @throws ConfigurationError when the port cannot be used */
export function openMonitoring(
  { host = '127.0.0.1', port }: MonitoringOptions,
  monitored: Monitored,
): Promise<HttpServer> {
  return listen(
    async (request, response) => {
      if (await answerMonitoring(request, response, monitored)) return
      const status = isRead(request) ? 404 : 405
      const error = isRead(request) ? 'there are /health, /ready and /metrics' : 'only GET and HEAD'
      replyJson(request, response, status, { error })
    },
    { host, port, path: 'monitoring.port' },
  )
}
