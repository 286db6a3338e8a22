import { createHash } from 'node:crypto'

import { CLAIM_MS, RETENTION_MS } from '@triggerkit/contracts'

import { SESSION_KEYS } from './keys.js'

/** A Lua script, and the hash by which Redis knows it. */
export interface Script {
  readonly lua: string
  readonly sha: string
}

/*
 * Rules for every script here. Redis rolls nothing back: what can fail is checked before the first write, and the first
 * write is one that Redis refuses when it has no room. Records are opaque: Lua's JSON library would change them. A key
 * that is not among KEYS has the hash tag of one that is.
 */
const PRELUDE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local CHUNK = 4000

-- Redis takes no later time for an end, and would refuse it amid the writes.
local function integer(number) return string.format('%.0f', math.ceil(math.min(number, 8.64e15))) end

local function demand(key, kind)
  local found = redis.call('TYPE', key).ok
  if found == kind or found == 'none' then return nil end
  return redis.error_reply('FOREIGNKEY ' .. key .. ' is a ' .. found)
end

-- The first foreign key among a session's own and its partition's.
local function foreign(first)
  return demand(KEYS[first], 'hash') or demand(KEYS[first + 1], 'hash') or demand(KEYS[first + 2], 'zset')
    or demand(KEYS[first + 3], 'zset') or demand(KEYS[first + 4], 'zset') or demand(KEYS[first + 5], 'zset')
end

-- In pieces: Lua passes a limited number of arguments.
local function pass(command, key, first, count)
  for from = first, first + count - 1, CHUNK do
    redis.call(command, key, unpack(ARGV, from, math.min(from + CHUNK - 1, first + count - 1)))
  end
end

-- Archived records of the keys in ARGV, key and text by turns.
local function archived(key, first, count)
  local found = {}
  for from = first, first + count - 1, CHUNK do
    local texts = redis.call('HMGET', key, unpack(ARGV, from, math.min(from + CHUNK - 1, first + count - 1)))
    for index = 1, #texts do
      if texts[index] then
        found[#found + 1] = ARGV[from + index - 1]
        found[#found + 1] = texts[index]
      end
    end
  end
  return found
end

-- Moves a session in the index of wake-ups, and its end with it. It never ends before its wake-up.
local function schedule(session, indexes, at)
  if at.wake == '' then redis.call('ZREM', indexes.due, session.member)
  else redis.call('ZADD', indexes.due, at.wake, session.member) end
  if at.ttl == '' then return end
  local ends = at.committed + at.ttl
  if at.wake ~= '' then ends = math.max(ends, at.wake + math.max(at.ttl, ${CLAIM_MS})) end
  ends = integer(ends)
  redis.call('PEXPIREAT', session.hash, ends)
  redis.call('PEXPIREAT', session.archive, ends)
  redis.call('PEXPIREAT', session.order, ends)
  redis.call('ZADD', indexes.mortal, ends, session.member)
end

-- Who may not publish may still commit.
local function tell(channel, version) redis.pcall('PUBLISH', channel, version) end
`

function script(body: string): Script {
  const lua = `${PRELUDE}${body}`
  return { lua, sha: createHash('sha1').update(lua).digest('hex') }
}

/**
 * Applies changes, each by itself and in their order; answers with the time and one answer for each change: its letter
 * (`A`lready applied, conflict `X`, `P`resent, `C`ommitted) and what belongs to it.
 *
 * KEYS of a change: those of the session, the commit id, receipts to put, receipts that must be absent.
 * ARGV of a change: twelve of the head (below), then what the counts say.
 */
export const COMMIT: Script = script(`
local HEAD = 12

local function read_head(k, a)
  local head = {
    k = k, a = a + HEAD, member = ARGV[a], expected = ARGV[a + 1], version = ARGV[a + 2], wake = ARGV[a + 3], ttl = ARGV[a + 4],
    put = tonumber(ARGV[a + 5]), removed = tonumber(ARGV[a + 6]), archived = tonumber(ARGV[a + 7]), unarchived = tonumber(ARGV[a + 8]),
    receipts = tonumber(ARGV[a + 9]), absent = tonumber(ARGV[a + 10]), read = tonumber(ARGV[a + 11]),
  }
  head.next_k = k + ${SESSION_KEYS} + 1 + head.receipts + head.absent
  head.next_a = head.a + head.put + head.removed + head.archived + head.unarchived + head.receipts + head.absent + head.read
  return head
end

-- Records under keys that must be absent, of the archive or else among the receipts.
local function present(head, archive)
  local first, found = head.next_a - head.read - head.absent, {}
  if head.absent == 0 then return found end
  for from = 0, head.absent - 1, CHUNK do
    local to = math.min(from + CHUNK, head.absent) - 1
    local texts = redis.call('HMGET', archive, unpack(ARGV, first + from, first + to))
    local receipts = redis.call('MGET', unpack(KEYS, head.next_k - head.absent + from, head.next_k - head.absent + to))
    for index = 1, #texts do
      local text = texts[index] or receipts[index]
      if text then
        found[#found + 1] = ARGV[first + from + index - 1]
        found[#found + 1] = text
      end
    end
  end
  return found
end

local function put_in_order(order, first, count)
  for from = first, first + count - 1, CHUNK do
    local members = {}
    for index = from, math.min(from + CHUNK, first + count) - 1, 2 do
      members[#members + 1] = 0
      members[#members + 1] = ARGV[index]
    end
    redis.call('ZADD', order, unpack(members))
  end
end

local function write(head, before)
  local k, a = head.k, head.a
  local session = { member = head.member, hash = KEYS[k], archive = KEYS[k + 1], order = KEYS[k + 2] }
  redis.call('HSET', session.hash, 'v', head.version, 'w', head.wake, 't', head.ttl, 'c', integer(now))
  pass('HSET', session.hash, a, head.put)
  a = a + head.put
  pass('HDEL', session.hash, a, head.removed)
  a = a + head.removed
  pass('HSET', session.archive, a, head.archived)
  put_in_order(session.order, a, head.archived)
  a = a + head.archived
  pass('HDEL', session.archive, a, head.unarchived)
  pass('ZREM', session.order, a, head.unarchived)
  a = a + head.unarchived
  redis.call('SET', KEYS[k + ${SESSION_KEYS}], '', 'PX', ${RETENTION_MS})
  for index = 1, head.receipts do
    redis.call('SET', KEYS[k + ${SESSION_KEYS} + index], ARGV[a + index - 1], 'PX', ${RETENTION_MS})
  end
  local indexes = { due = KEYS[k + 3], mortal = KEYS[k + 4] }
  if not before.version then redis.call('ZADD', KEYS[k + 5], 0, head.member) end
  -- A session that expired unnoticed may have left a wake-up.
  if head.wake ~= '' or before.wake or head.ttl ~= '' or not before.version then
    schedule(session, indexes, { wake = head.wake, ttl = head.ttl, committed = now })
  end
  if before.ttl and head.ttl == '' then
    for index = 0, 2 do redis.call('PERSIST', KEYS[k + index]) end
    redis.call('ZREM', indexes.mortal, head.member)
  end
  tell(session.hash, head.version)
end

local function commit(head)
  local k = head.k
  local function read() return archived(KEYS[k + 1], head.next_a - head.read, head.read) end
  if redis.call('EXISTS', KEYS[k + ${SESSION_KEYS}]) == 1 then return { 'A', read() } end
  local fields = redis.call('HMGET', KEYS[k], 'v', 'w', 't')
  if (fields[1] or '') ~= head.expected then return { 'X', redis.call('HGETALL', KEYS[k]) } end
  local found = present(head, KEYS[k + 1])
  if #found > 0 then return { 'P', found } end
  write(head, { version = fields[1], wake = fields[2] and fields[2] ~= '', ttl = fields[3] and fields[3] ~= '' })
  return { 'C', read() }
end

local heads, k, a = {}, 1, 1
while k <= #KEYS do
  local head = read_head(k, a)
  local fault = foreign(k)
  if fault then return fault end
  heads[#heads + 1], k, a = head, head.next_k, head.next_a
end
local answers = { now }
for index = 1, #heads do answers[index + 1] = commit(heads[index]) end
return answers
`)

/** KEYS: the session's. Answers with the time and the session's hash. */
export const LOAD: Script = script(`return { now, redis.call('HGETALL', KEYS[1]) }`)

/** KEYS: the session's; ARGV: keys. Answers with the time, the version and archived records. */
export const READ: Script = script(`return { now, redis.call('HGET', KEYS[1], 'v'), archived(KEYS[2], 1, #ARGV) }`)

/** KEYS: the session's; ARGV: first and last key as ZRANGEBYLEX takes them, and how many at most. Answers as {@link READ}. */
export const LIST: Script = script(`
local keys = redis.call('ZRANGEBYLEX', KEYS[3], ARGV[1], ARGV[2], 'LIMIT', 0, ARGV[3])
local records = {}
if #keys > 0 then
  local texts = redis.call('HMGET', KEYS[2], unpack(keys))
  for index = 1, #keys do
    records[2 * index - 1] = keys[index]
    records[2 * index] = texts[index]
  end
end
return { now, redis.call('HGET', KEYS[1], 'v'), records }
`)

/** KEYS: the session's; ARGV: member, version, wake-up. */
export const POSTPONE: Script = script(`
local fault = foreign(1)
if fault then return fault end
local fields = redis.call('HMGET', KEYS[1], 'v', 't', 'c')
if fields[1] == ARGV[2] then
  redis.call('HSET', KEYS[1], 'w', ARGV[3])
  schedule({ member = ARGV[1], hash = KEYS[1], archive = KEYS[2], order = KEYS[3] }, { due = KEYS[4], mortal = KEYS[5] },
    { wake = ARGV[3], ttl = fields[2], committed = fields[3] })
end
return { now }
`)

/** KEYS: the session's; ARGV: member. The archive is given back by another thread of Redis, however large it is. */
export const DELETE: Script = script(`
local fault = foreign(1)
if fault then return fault end
if redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3])
  for index = 4, 6 do redis.call('ZREM', KEYS[index], ARGV[1]) end
  tell(KEYS[1], '')
end
return { now }
`)

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
  local session = { member = one.member, hash = start .. ':s', archive = start .. ':a', order = start .. ':o' }
  -- What is no session any more must not be in the way of the others.
  local fields = redis.pcall('HMGET', session.hash, 'v', 't', 'c')
  if fields[1] then
    redis.call('HSET', session.hash, 'w', wake)
    schedule(session, { due = KEYS[one.first], mortal = KEYS[one.first + 1] }, { wake = wake, ttl = fields[2], committed = fields[3] })
    for _, part in ipairs({ one.member, fields[1], one.since }) do claimed[#claimed + 1] = part end
  else
    redis.call('ZREM', KEYS[one.first], one.member)
  end
end
return { now, claimed }
`)

/**
 * Looks for wake-ups that have come, without claiming any, after clearing away what has expired.
 * KEYS: a partition's indexes; ARGV: how many at most, what the partition's keys begin with. Answers with the time and the wake-ups.
 */
export const PEEK: Script = script(`${EXPIRE}
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
export const SESSIONS: Script = script(`
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

/** KEYS: the owners; ARGV: owner, milliseconds, whether it is the first heartbeat. Answers with the time and whether the lease had lapsed. */
export const HEARTBEAT: Script = script(`
local fault = demand(KEYS[1], 'zset')
if fault then return fault end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', integer(now))
local lapsed = ARGV[3] == '0' and not redis.call('ZSCORE', KEYS[1], ARGV[1])
if lapsed or tonumber(ARGV[2]) == 0 then redis.call('ZREM', KEYS[1], ARGV[1])
else redis.call('ZADD', KEYS[1], integer(now + ARGV[2]), ARGV[1]) end
return { now, lapsed and 1 or 0 }
`)

/** KEYS: the owners. Answers with the time and owners and ends by turns. */
export const OWNERS: Script = script(`return { now, redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. integer(now), '+inf', 'WITHSCORES') }`)

/** KEYS: the format; ARGV: format, partitions. Writes them where nothing is yet; answers with what is there. */
export const FOUND: Script = script(`
local fault = demand(KEYS[1], 'hash')
if fault then return fault end
if redis.call('EXISTS', KEYS[1]) == 0 then redis.call('HSET', KEYS[1], 'format', ARGV[1], 'partitions', ARGV[2]) end
return redis.call('HMGET', KEYS[1], 'format', 'partitions')
`)
