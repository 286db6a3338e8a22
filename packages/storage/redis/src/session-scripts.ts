import { look, quickLook, script, type Script } from './script.js'

/** KEYS: the session's. Answers with the time and the session's hash. */
export const LOAD: Script = quickLook(`return { now, redis.call('HGETALL', KEYS[1]) }`)

/** KEYS: the session's; ARGV: keys. Answers with the time, the session's head and archived records. */
export const READ: Script = look(`return { now, redis.call('HGET', KEYS[1], 'h'), archived(KEYS[2], 1, #ARGV + 1) }`)

/** KEYS: the session's; ARGV: first and last key as ZRANGEBYLEX takes them, and how many at most. Answers as {@link READ}. */
export const LIST: Script = look(`
local keys = redis.call('ZRANGEBYLEX', KEYS[3], ARGV[1], ARGV[2], 'LIMIT', 0, ARGV[3])
local records = {}
if #keys > 0 then
  local texts = redis.call('HMGET', KEYS[2], unpack(keys))
  for index = 1, #keys do
    records[2 * index - 1] = keys[index]
    records[2 * index] = texts[index]
  end
end
return { now, redis.call('HGET', KEYS[1], 'h'), records }
`)

/** Stumbles over a foreign key among a session's own and its partition's while nothing has been written. */
const STUMBLE = `
for index, look in ipairs({ 'HLEN', 'HLEN', 'ZCARD', 'ZCARD', 'ZCARD', 'ZCARD' }) do redis.call(look, KEYS[index]) end
`

/** KEYS: the session's; ARGV: member, version, wake-up. */
export const POSTPONE: Script = script(`${STUMBLE}
local _, ttl, committed, version = parts_of(redis.call('HGET', KEYS[1], 'h'))
if version == ARGV[2] then
  wake_at({ member = ARGV[1], hash = KEYS[1], archive = KEYS[2], order = KEYS[3], due = KEYS[4] }, ARGV[3], ttl, committed, version)
end
return { now }
`)

/** KEYS: the session's; ARGV: member. The archive is given back by another thread of Redis, however large it is. */
export const DELETE: Script = script(`${STUMBLE}
if redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3])
  for index = 4, 6 do redis.call('ZREM', KEYS[index], ARGV[1]) end
  tell(KEYS[1], '')
end
return { now }
`)
