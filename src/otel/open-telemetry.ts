import {
  context,
  metrics,
  propagation,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type MeterProvider,
  type TracerProvider,
} from '@opentelemetry/api'
import type { CallObserver, ObservedCall, ObservedEnd } from '../index.js'

/** Options of {@link openTelemetry}. */
export interface OpenTelemetryOptions {
  /** `@default` the global one */
  readonly tracerProvider?: TracerProvider | undefined
  /** `@default` the global one */
  readonly meterProvider?: MeterProvider | undefined
  /** Whether the trace context is sent to servers, in `_meta` of each call. `@default true` */
  readonly propagate?: boolean | undefined
}

const scope = 'mcp-integrations'

/** The bucket bounds of the convention's histogram, in s. */
const bounds = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300]

/**
 * Traces and measures tool calls. Use it as the option `observer` of `IntegrationRegistry`. Each call is a client span
 * under the active span, and one value of `mcp.client.operation.duration`. Neither contains arguments or results.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/gen-ai/mcp/
 *
 * @example
 * ```ts
 * // examples/guides/otel.ts#observe
 * const registry = new IntegrationRegistry({
 *   storage: memoryStorage(),
 *   credentials: encryptedCredentials({ keys: [{ id: '2026-01', secret: new Uint8Array(32).fill(1) }] }), // yours
 *   agents: ['assistant'],
 *   observer: openTelemetry(), // the global providers; or { tracerProvider, meterProvider }
 * })
 * ```
 */
export function openTelemetry(options: OpenTelemetryOptions = {}): CallObserver {
  const tracer = (options.tracerProvider ?? trace).getTracer(scope)
  const duration = (options.meterProvider ?? metrics).getMeter(scope).createHistogram('mcp.client.operation.duration', {
    unit: 's',
    description: 'From sending an MCP request to its result.',
    advice: { explicitBucketBoundaries: bounds },
  })
  return {
    start(call) {
      const common = attributesOf(call)
      const span = tracer.startSpan(`tools/call ${call.tool}`, {
        kind: SpanKind.CLIENT,
        attributes: { ...common, ...onlyOnSpans(call) },
      })
      const startedAt = performance.now()
      const meta: Record<string, string> = {}
      if (options.propagate ?? true) propagation.inject(trace.setSpan(context.active(), span), meta)
      return {
        meta,
        end(ended) {
          const how = endOf(ended)
          span.setAttributes({ ...how, 'mcp_integrations.outcome': ended.outcome })
          if (how['error.type'] !== undefined) span.setStatus({ code: SpanStatusCode.ERROR })
          span.end()
          duration.record((performance.now() - startedAt) / 1000, { ...common, ...forMetrics(how) })
        },
      }
    },
  }
}

/** Attributes with few different values, for spans and metrics. */
function attributesOf({ tool, integration }: ObservedCall): Attributes {
  const server = URL.canParse(integration.origin) ? new URL(integration.origin) : undefined
  const isHttp = server?.protocol === 'https:' || server?.protocol === 'http:'
  return {
    'mcp.method.name': 'tools/call',
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': tool,
    'network.transport': isHttp ? 'tcp' : 'pipe',
    'server.address': isHttp ? server.hostname : undefined,
    'server.port': isHttp ? Number(server.port || (server.protocol === 'https:' ? 443 : 80)) : undefined,
  }
}

function onlyOnSpans({
  agentId,
  conversationId,
  integration,
  workspaceId,
  rule,
  approvalId,
}: ObservedCall): Attributes {
  return {
    'gen_ai.agent.id': agentId,
    'gen_ai.conversation.id': conversationId,
    'mcp_integrations.workspace.id': workspaceId,
    'mcp_integrations.integration.id': integration.id,
    'mcp_integrations.rule': rule,
    'mcp_integrations.approval.id': approvalId,
  }
}

/** The codes that JSON-RPC reserves, and MCP uses. */
const reservedCode = /^-32[0-7]\d\d$/

/**
 * The attributes for metrics. A server can return any number of different error codes, and each would make a time series.
 *
 * @see https://www.jsonrpc.org/specification#error_object
 */
function forMetrics(how: Attributes): Attributes {
  const code = how['rpc.response.status_code']
  if (code === undefined || reservedCode.test(String(code))) return how
  return { ...how, 'error.type': '_OTHER', 'rpc.response.status_code': '_OTHER' }
}

/** `error.type` is `tool_error` for a tool's own error, otherwise the JSON-RPC error code or the {@link ErrorCode}. */
function endOf({ outcome, errorCode, rpcErrorCode, protocolVersion }: ObservedEnd): Attributes {
  const error = outcome === 'completed' ? undefined : outcome === 'tool_error' ? 'tool_error' : (errorCode ?? outcome)
  return {
    'error.type': rpcErrorCode === undefined ? error : String(rpcErrorCode),
    'rpc.response.status_code': rpcErrorCode === undefined ? undefined : String(rpcErrorCode),
    'mcp.protocol.version': protocolVersion,
  }
}
