import { type HostInput, serveHost } from './host.js'

serveHost(JSON.parse(process.argv[2]!) as HostInput)
