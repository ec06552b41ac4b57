// Preloaded into servers of other authors, which listen on all interfaces: they get this machine's loopback only.
import net from 'node:net'

const { listen } = net.Server.prototype

net.Server.prototype.listen = function (...args) {
  const callback = args.find((arg) => typeof arg === 'function')
  const [first] = args
  if (typeof first === 'object' && first !== null) {
    const options = 'port' in first ? { ...first, host: '127.0.0.1' } : first
    return listen.call(this, options, callback)
  }
  if (first === undefined || !/^\d+$/.test(String(first))) return listen.apply(this, args)
  return listen.call(this, { port: Number(first), host: '127.0.0.1' }, callback)
}
