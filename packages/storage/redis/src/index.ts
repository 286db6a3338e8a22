export type { RedisClusterOptions, RedisConnectionOptions, RedisStorageOptions } from './options.js'
export { RedisStorage, redisStorage, redisStorageDescriptor } from './redis-storage.js'
