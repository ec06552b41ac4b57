import { overHttp, serverCases } from '../case.js'
import type { Host } from '../lane/host.js'
import { callsAgain, meet } from '../lane/meet.js'
import { named } from '../lane/names.js'
import { hello, onCall, result, server } from './honest.js'

const under = (what: string, meeting: (host: Host, url: string) => Promise<string> = meet) => ({
  meet: (host: Host, url: string) => meeting(host, named(what, url)),
})
/** Each request looks up its name: no socket is kept. */
const closing = onCall((e) => {
  e.response.setHeader('connection', 'close')
  result(e, hello)
})

/** Servers whose names resolve to nothing, to somewhere else, or never. */
export const addresses = serverCases({
  'a name of nobody': [overHttp, 'unreachable', server({}), under('nowhere')],
  'a name that resolves later': [overHttp, 'unreachable', server({}), under('later')],
  'a name that never resolves': [overHttp, 'timeout', server({}), under('silent')],
  'a name without an address': [overHttp, 'unreachable', server({}), under('empty')],
  'a name of the cloud': [overHttp, 'url_refused', server({}), under('inside')],
  'a name of here and inside': [overHttp, 'url_refused', server({}), under('mixed')],
  'a name that turns inside between calls': [
    ['modern'],
    'completed and url_refused',
    closing,
    under('rebound', callsAgain),
  ],
  'a name that is forgotten between calls': [
    ['modern'],
    'completed and unreachable',
    closing,
    under('forgotten', callsAgain),
  ],
})
