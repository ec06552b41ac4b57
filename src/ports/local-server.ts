export type { LocalServer } from '../model/local-server.js'
