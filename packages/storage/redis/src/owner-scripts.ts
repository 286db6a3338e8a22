import { look, script, type Script } from './script.js'

/** KEYS: the owners; ARGV: owner, milliseconds, whether it is the first heartbeat. Answers with the time and whether the lease had lapsed. */
export const HEARTBEAT: Script = script(`
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', integer(now))
local lapsed = ARGV[3] == '0' and not redis.call('ZSCORE', KEYS[1], ARGV[1])
if lapsed or tonumber(ARGV[2]) == 0 then redis.call('ZREM', KEYS[1], ARGV[1])
else redis.call('ZADD', KEYS[1], integer(now + ARGV[2]), ARGV[1]) end
return { now, lapsed and 1 or 0 }
`)

/** KEYS: the owners. Answers with the time and owners and ends by turns. */
export const OWNERS: Script = look(`return { now, redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. integer(now), '+inf', 'WITHSCORES') }`)
