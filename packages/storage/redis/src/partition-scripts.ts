import { CLAIM_MS } from '@triggerkit/contracts'

import { look, script, type Script } from './script.js'

/** Clears away some sessions of a partition whose time is over: Redis has forgotten them, the indexes have not. */
const EXPIRE = `
local MOST_EXPIRED = 500
local function expire(start, first)
  local ended = redis.call('ZRANGEBYSCORE', KEYS[first + 1], '-inf', '(' .. integer(now), 'LIMIT', 0, MOST_EXPIRED)
  for _, member in ipairs(ended) do
    redis.call('ZREM', KEYS[first + 1], member)
    if redis.call('EXISTS', start .. member .. ':s') == 0 then
      redis.call('ZREM', KEYS[first], member)
      redis.call('ZREM', KEYS[first + 2], member)
      tell(start .. member .. ':s', '')
    end
  end
end
`

/**
 * Claims sessions of some partitions, the longest waiting first, after clearing away what has expired.
 * KEYS: the indexes of each partition; ARGV: how many at most, what each partition's keys begin with.
 * Answers with the time, and with members, versions and wake-ups by turns.
 */
export const CLAIM: Script = script(`${EXPIRE}
local limit, waiting = tonumber(ARGV[1]), {}
for partition = 1, #KEYS / 3 do
  local first, start = 3 * partition - 2, ARGV[partition + 1]
  expire(start, first)
  local found = redis.call('ZRANGEBYSCORE', KEYS[first], '-inf', integer(now), 'WITHSCORES', 'LIMIT', 0, limit)
  for index = 1, #found, 2 do
    waiting[#waiting + 1] = { member = found[index], since = found[index + 1], start = start, first = first }
  end
end
table.sort(waiting, function(one, other)
  local left, right = tonumber(one.since), tonumber(other.since)
  if left ~= right then return left < right end
  return one.member < other.member
end)

local claimed, wake = {}, integer(now + ${CLAIM_MS})
for index = 1, math.min(limit, #waiting) do
  local one = waiting[index]
  local start = one.start .. one.member
  -- What is no session any more must not be in the way of the others. One whose slot is moved may be at the other node already.
  local head = redis.pcall('HGET', start .. ':s', 'h')
  if type(head) == 'string' then
    local session = { member = one.member, hash = start .. ':s', archive = start .. ':a', order = start .. ':o', due = KEYS[one.first] }
    local _, ttl, committed, version = parts_of(head)
    wake_at(session, wake, ttl, committed, version)
    for _, part in ipairs({ one.member, version, one.since }) do claimed[#claimed + 1] = part end
  elseif not head or string.find(head.err, 'WRONGTYPE', 1, true) then
    redis.call('ZREM', KEYS[one.first], one.member)
  end
end
return { now, claimed }
`)

/**
 * Looks for wake-ups that have come, without claiming any, after clearing away what has expired.
 * KEYS: a partition's indexes; ARGV: how many at most, what the partition's keys begin with. Answers with the time and the wake-ups.
 */
export const PEEK: Script = look(`${EXPIRE}
expire(ARGV[2], 1)
local found = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', integer(now), 'WITHSCORES', 'LIMIT', 0, ARGV[1])
local since = {}
for index = 2, #found, 2 do since[#since + 1] = found[index] end
return { now, since }
`)

/**
 * Enumerates the sessions of some partitions; looks at a limited number of them, and clears away those that have expired.
 * KEYS: the sessions of each partition; ARGV: how many at most, the member of the first partition to begin after, what each partition's keys begin with.
 * Answers with the time, the partition (from 1) and member that it came to, or an empty partition number at the end, and partitions and members by turns.
 */
export const SESSIONS: Script = look(`
local MOST_LOOKS = 1000
local limit, after, looks, found = tonumber(ARGV[1]), ARGV[2], 0, {}
for partition = 1, #KEYS do
  repeat
    local want = math.min(limit - #found / 2, MOST_LOOKS - looks)
    if want == 0 then return { now, partition, after, found } end
    local members = redis.call('ZRANGEBYLEX', KEYS[partition], '(' .. after, '+', 'LIMIT', 0, want)
    for _, member in ipairs(members) do
      looks, after = looks + 1, member
      if redis.call('EXISTS', ARGV[partition + 2] .. member .. ':s') == 1 then
        found[#found + 1] = partition
        found[#found + 1] = member
      else
        redis.call('ZREM', KEYS[partition], member)
      end
    end
  until #members == 0
  after = ''
end
return { now, 0, '', found }
`)
