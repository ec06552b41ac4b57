// Preloaded into servers of other authors: they reach this machine and nothing else, so that a run means the same with
// and without the internet, and no service hears of our tests.
import net from 'node:net'

const { connect } = net.Socket.prototype
const thisMachine = new Set(['localhost', '127.0.0.1', '::1'])

net.Socket.prototype.connect = function (...args) {
  const { host = 'localhost', path } = target(...args)
  if (typeof path === 'string' || thisMachine.has(host)) return connect.apply(this, args)
  const refused = Object.assign(new Error(`connect ECONNREFUSED ${host}`), { code: 'ECONNREFUSED' })
  process.nextTick(() => this.destroy(refused))
  return this
}

/** Of `connect({ host })`, `connect(port, host)` or `connect(path)`; Node itself hands all of them over as a list. */
function target(first, second) {
  if (Array.isArray(first)) return first[0]
  if (typeof first === 'object') return first
  return Number.isNaN(Number(first)) ? { path: first } : { host: typeof second === 'string' ? second : undefined }
}
