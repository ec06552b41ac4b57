import { AsyncLocalStorage } from 'node:async_hooks'
import {
  context,
  propagation,
  ROOT_CONTEXT,
  SpanStatusCode,
  trace,
  type Context,
  type ContextManager,
} from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTelemetry } from 'mcp-integrations/otel'
import { openGate } from '../support/gate.js'

/** Contexts that follow asynchronous work, and the W3C header, as an application registers them. */
const active = new AsyncLocalStorage<Context>()
const contexts: ContextManager = {
  active: () => active.getStore() ?? ROOT_CONTEXT,
  with: (next, work, self, ...args) => active.run(next, () => work.apply(self as never, args)),
  bind: (_next, target) => target,
  enable: () => contexts,
  disable: () => contexts,
}

beforeAll(() => {
  context.setGlobalContextManager(contexts)
  propagation.setGlobalPropagator({
    inject(from, carrier, setter) {
      const span = trace.getSpanContext(from)
      if (span !== undefined) setter.set(carrier, 'traceparent', `00-${span.traceId}-${span.spanId}-01`)
    },
    extract: (from) => from,
    fields: () => ['traceparent'],
  })
})
afterAll(() => {
  context.disable()
  propagation.disable()
})

async function bench(options: Parameters<typeof openGate>[0] = {}) {
  const spans = new InMemorySpanExporter()
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] })
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 86_400_000 })
  const meterProvider = new MeterProvider({ readers: [reader] })
  const gate = await openGate({ observer: openTelemetry({ tracerProvider, meterProvider }), ...options })
  await gate.as({ workspaceId: 'acme', userId: 'ana', role: 'admin' }).trust(gate.id, true)
  const metrics = async () => {
    await meterProvider.forceFlush()
    return exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
  }
  return { gate, spans, metrics, tracer: tracerProvider.getTracer('host') }
}

describe('a call', () => {
  it('is a client span under the span of the host, and one value of the duration', async () => {
    const { gate, spans, metrics, tracer } = await bench()
    const toolset = await gate.toolset()
    const parent = tracer.startSpan('turn')
    await context.with(trace.setSpan(context.active(), parent), () => toolset.call('notes__read_note', { id: '1' }))
    const [span] = spans.getFinishedSpans()
    expect(span).toMatchObject({
      name: 'tools/call read_note',
      kind: 2,
      parentSpanContext: { spanId: parent.spanContext().spanId },
      attributes: {
        'mcp.method.name': 'tools/call',
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': 'read_note',
        'gen_ai.agent.id': 'assistant',
        'network.transport': 'tcp',
        'server.address': 'notes.example',
        'mcp_integrations.integration.id': gate.id,
        'mcp_integrations.outcome': 'completed',
      },
    })
    expect(span!.attributes['mcp.protocol.version']).toMatch(/^\d{4}-\d\d-\d\d$/)
    const [duration] = await metrics()
    expect(duration).toMatchObject({
      descriptor: { name: 'mcp.client.operation.duration', unit: 's' },
      dataPoints: [{ attributes: { 'gen_ai.tool.name': 'read_note' }, value: { count: 1 } }],
    })
    expect(duration!.dataPoints[0]!.attributes).not.toHaveProperty('mcp_integrations.integration.id')
  })

  it('takes the trace along to the server', async () => {
    const { gate, spans } = await bench()
    await (await gate.toolset()).call('notes__read_note', { id: '1' })
    const [span] = spans.getFinishedSpans()
    const { traceId, spanId } = span!.spanContext()
    expect(JSON.stringify(gate.server.requests.map(({ params }) => params))).toContain(`00-${traceId}-${spanId}-01`)
  })

  it('that fails says how, and shows neither arguments nor results', async () => {
    let down = false
    const refused = () => Promise.reject(new TypeError('fetch failed'))
    const { gate, spans } = await bench({ fetch: (own) => (input, init) => (down ? refused() : own(input, init)) })
    const toolset = await gate.toolset()
    down = true
    await expect(toolset.call('notes__read_note', { id: 'canary' })).rejects.toMatchObject({ code: 'unreachable' })
    const [span] = spans.getFinishedSpans()
    expect(span).toMatchObject({ status: { code: SpanStatusCode.ERROR }, attributes: { 'error.type': 'unreachable' } })
    expect(JSON.stringify([span!.attributes, span!.events, span!.status])).not.toContain('canary')
  })

  it('that fails with ever other codes of the server makes few series of the metric', async () => {
    const code = { next: 0 }
    const { gate, spans, metrics } = await bench({
      fetch: (own) => async (input, init) => {
        const sent = typeof init?.body === 'string' ? (JSON.parse(init.body) as { id?: unknown; method?: string }) : {}
        if (sent.method !== 'tools/call') return own(input, init)
        const error = { code: code.next++ < 5 ? -32_005 : 1_000_000 + code.next, message: 'No.' }
        return Response.json({ jsonrpc: '2.0', id: sent.id, error })
      },
    })
    const toolset = await gate.toolset()
    for (let n = 0; n < 30; n++)
      expect(await toolset.call('notes__read_note', { id: '1' })).toMatchObject({ result: { isError: true } })
    expect(spans.getFinishedSpans().at(-1)!.attributes['error.type']).toMatch(/^1\d{6}$/)
    const [duration] = await metrics()
    const types = duration!.dataPoints.map(({ attributes }) => attributes['error.type'])
    expect(types.toSorted()).toEqual(['-32005', '_OTHER'])
  })

  it('that waits for a person is not watched until it is sent', async () => {
    const { gate, spans } = await bench()
    const toolset = await gate.toolset()
    const outcome = await toolset.call('notes__write_note', { id: '1', text: 'x' })
    expect(outcome.type).toBe('approval_required')
    expect(spans.getFinishedSpans()).toHaveLength(0)
    const [waiting] = (await gate.mine.approvals.list()).approvals
    await gate.mine.approvals.decide(waiting!.approvalId, { decision: 'approve' })
    await toolset.resume(waiting!.approvalId)
    expect(spans.getFinishedSpans()[0]!.attributes).toMatchObject({
      'mcp_integrations.approval.id': waiting!.approvalId,
    })
  })
})

describe('an observer', () => {
  it.each([
    [
      'start',
      {
        start: () => {
          throw new Error('broken')
        },
      },
    ],
    [
      'end',
      {
        start: () => ({
          end: () => {
            throw new Error('broken')
          },
        }),
      },
    ],
  ])("can't break a call by its %s", async (_when, observer) => {
    const { gate } = await bench({ observer })
    const outcome = await (await gate.toolset()).call('notes__read_note', { id: '1' })
    expect(outcome).toMatchObject({ type: 'completed' })
  })
})
