import { afterEach, describe, expect, it, vi } from 'vitest'
import { consoleLogger, fromPino } from './console-logger.js'

afterEach(() => {
  vi.restoreAllMocks()
})

const METHODS = ['debug', 'info', 'warn', 'error'] as const

describe('the default logger', () => {
  it('is silent but for warnings and errors', () => {
    const calls: unknown[][] = []
    for (const method of [...METHODS, 'log'] as const) vi.spyOn(console, method).mockImplementation((...args) => void calls.push([method, ...args]))

    for (const method of METHODS) consoleLogger[method]('Hello.', { uid: 'session' })
    consoleLogger.warn('Bare.')

    expect(calls).toEqual([
      ['warn', 'Hello.', { uid: 'session' }],
      ['error', 'Hello.', { uid: 'session' }],
      ['warn', 'Bare.'],
    ])
  })
})

describe('fromPino', () => {
  it('gives the facts first, then the message, to methods that stay bound', () => {
    class Pino {
      readonly lines: unknown[] = []
      debug(meta: object, message: string): void {
        this.lines.push(['debug', meta, message])
      }
      info(meta: object, message: string): void {
        this.lines.push(['info', meta, message])
      }
      warn(meta: object, message: string): void {
        this.lines.push(['warn', meta, message])
      }
      error(meta: object, message: string): void {
        this.lines.push(['error', meta, message])
      }
    }
    const pino = new Pino()
    const logger = fromPino(pino)

    for (const method of METHODS) logger[method]('Hello.', { uid: 'session' })
    logger.info('Bare.')

    expect(pino.lines).toEqual([...METHODS.map((method) => [method, { uid: 'session' }, 'Hello.']), ['info', {}, 'Bare.']])
  })
})
