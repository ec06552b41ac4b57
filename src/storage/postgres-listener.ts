/** A separate connection for notifications, e.g. a connected `Client` of `pg`. */
export interface PostgresListener {
  /** Runs one statement. */
  query(text: string): Promise<unknown>
  /** Listens for notifications and for the end of the connection. */
  on(event: 'notification', listener: (message: { readonly payload?: string | undefined }) => void): unknown
  on(event: 'error' | 'end', listener: () => void): unknown
  /** Closes the connection. */
  end(): Promise<void>
}

/** Options of {@link notifications}. */
export interface NotificationsOptions {
  /** Opens a connection. Called again when the connection is lost. */
  readonly open: () => PostgresListener | Promise<PostgresListener>
  /** A quoted identifier. */
  readonly channel: string
  readonly onMessage: (payload: string) => void
}

const CHECK_MS = 30_000
const CHECK_TIMEOUT_MS = 5_000
const MAX_PAUSE_MS = 30_000

/**
 * Listens on a channel, over one connection at a time. A connection that breaks or stops responding is replaced: at once,
 * then after increasing pauses with jitter.
 */
export function notifications({ open, channel, onMessage }: NotificationsOptions): {
  start(): void
  stop(): Promise<void>
} {
  let current: { stop(): Promise<void> } | undefined
  return {
    start: () => void (current ??= keepListening(open, channel, onMessage)),
    async stop() {
      const stopping = current?.stop()
      current = undefined
      await stopping
    },
  }
}

function keepListening(open: NotificationsOptions['open'], channel: string, onMessage: (payload: string) => void) {
  let stopped = false
  let failures = 0
  let client: PostgresListener | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  function later(ms: number, work: () => void): void {
    clearTimeout(timer)
    timer = setTimeout(work, ms)
    // On Node, a pause must not keep the process alive. Elsewhere, timers are numbers.
    if (typeof timer === 'object') timer.unref()
  }

  async function connect(): Promise<void> {
    let opened: PostgresListener | undefined
    try {
      opened = await open()
      if (stopped) return await closed(opened)
      client = opened
      const lost = () => replace(opened)
      opened.on('error', lost)
      opened.on('end', lost)
      opened.on('notification', ({ payload }) => payload !== undefined && onMessage(payload))
      await opened.query(`LISTEN ${channel}`)
      failures = 0
      if (client === opened) later(CHECK_MS, () => check(opened))
    } catch {
      replace(opened)
    }
  }

  function check(checked: PostgresListener | undefined): void {
    later(CHECK_TIMEOUT_MS, () => replace(checked))
    checked?.query('SELECT 1').then(
      () => client === checked && !stopped && later(CHECK_MS, () => check(checked)),
      () => replace(checked),
    )
  }

  function replace(broken: PostgresListener | undefined): void {
    if (stopped || client !== broken) return
    client = undefined
    if (broken) void closed(broken)
    const pause = failures === 0 ? 0 : Math.min(MAX_PAUSE_MS, 250 * 2 ** failures)
    failures++
    later(pause * (0.5 + Math.random() / 2), () => void connect())
  }

  void connect()
  return {
    async stop() {
      stopped = true
      clearTimeout(timer)
      if (client) await closed(client)
    },
  }
}

async function closed(client: PostgresListener): Promise<void> {
  try {
    await client.end()
  } catch {
    // The connection is already closed.
  }
}
