import type { Logger, LogMeta } from '@triggerkit/contracts'

export interface LoggedMessage {
  readonly method: keyof Logger
  readonly message: string
  readonly meta: LogMeta | undefined
}

/** A logger that keeps what it is told. */
export class RecordingLogger implements Logger {
  readonly messages: LoggedMessage[] = []

  debug(message: string, meta?: LogMeta): void {
    this.messages.push({ method: 'debug', message, meta })
  }

  info(message: string, meta?: LogMeta): void {
    this.messages.push({ method: 'info', message, meta })
  }

  warn(message: string, meta?: LogMeta): void {
    this.messages.push({ method: 'warn', message, meta })
  }

  error(message: string, meta?: LogMeta): void {
    this.messages.push({ method: 'error', message, meta })
  }

  /** The messages of warnings and errors. */
  get alarms(): readonly string[] {
    return this.messages.filter(({ method }) => method === 'warn' || method === 'error').map(({ message }) => message)
  }
}
