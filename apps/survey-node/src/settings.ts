import { z } from 'zod'

/** What this service reads from its environment. */
const environment = z.object({
  REDIS_URL: z.string().optional(),
  SURVEY_STORAGE: z.string().optional(),
  SURVEY_RUNNER: z.string().optional(),
  SURVEY_MANAGER: z.string().default('finalizing'),
  SURVEY_NAMESPACE: z.string().min(1).default('survey'),
  SURVEY_TTL: z.string().default('30d'),
  SURVEY_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  SURVEY_CONCURRENCY: z.coerce.number().int().positive().default(8),
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
})

/** The service's settings: what is chosen by key, and what the chosen ones need. */
export interface Settings {
  readonly storage: string
  readonly runner: string
  readonly manager: string
  readonly redisUrl: string | undefined
  readonly namespace: string
  readonly ttl: string
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
  readonly concurrency: number
  readonly host: string
  readonly port: number
}

/**
 * With a Redis at hand it keeps everything, else this process's memory does. What is empty counts as not set.
 * @throws an error that lists every fault
 */
export function readSettings(variables: Readonly<Record<string, string | undefined>>): Settings {
  const set = Object.entries(variables).filter(([, value]) => value !== '')
  const { success, data, error } = environment.safeParse(Object.fromEntries(set))
  if (!success) throw new Error(`The environment won't do:\n${z.prettifyError(error)}`)
  const { REDIS_URL: redisUrl } = data
  return {
    storage: data.SURVEY_STORAGE ?? (redisUrl === undefined ? 'memory' : 'redis'),
    runner: data.SURVEY_RUNNER ?? (redisUrl === undefined ? 'inline' : 'bullmq'),
    manager: data.SURVEY_MANAGER,
    redisUrl,
    namespace: data.SURVEY_NAMESPACE,
    ttl: data.SURVEY_TTL,
    logLevel: data.SURVEY_LOG_LEVEL,
    concurrency: data.SURVEY_CONCURRENCY,
    host: data.HOST,
    port: data.PORT,
  }
}
