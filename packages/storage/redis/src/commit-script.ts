import { RETENTION_MS } from '@triggerkit/contracts'

import { SESSION_KEYS } from './keys.js'
import { script, type Script } from './script.js'

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

-- A foreign key among those that will be written, or read after the writes, and that no reading has stumbled over.
local function guard(head, before)
  local k, fault = head.k, nil
  local patched = head.archived + head.unarchived > 0
  if (patched or head.read > 0) and head.absent == 0 then fault = demand(KEYS[k + 1], 'hash') end
  if not fault and patched then fault = demand(KEYS[k + 2], 'zset') end
  if not fault and head.wake ~= before.wake then fault = demand(KEYS[k + 3], 'zset') end
  if not fault and (head.ttl ~= '' or before.ttl ~= '') then fault = demand(KEYS[k + 4], 'zset') end
  if not fault and not before.version then fault = demand(KEYS[k + 5], 'zset') end
  return fault
end

-- The hash comes first: where Redis has no room it refuses this, and nothing else has been written.
local function write_hash(head, a)
  local first = math.min(head.put, CHUNK)
  redis.call('HSET', KEYS[head.k], 'v', head.version, 'w', head.wake, 't', head.ttl, 'c', integer(now), unpack(ARGV, a, a + first - 1))
  pass('HSET', KEYS[head.k], a + first, head.put - first)
  pass('HDEL', KEYS[head.k], a + head.put, head.removed)
end

local function write(head, before)
  local k, a = head.k, head.a
  local session = { member = head.member, hash = KEYS[k], archive = KEYS[k + 1], order = KEYS[k + 2] }
  write_hash(head, a)
  a = a + head.put + head.removed
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
  if head.wake ~= before.wake or head.ttl ~= '' then
    schedule(session, indexes, { wake = head.wake, ttl = head.ttl, committed = now })
  end
  if before.ttl ~= '' and head.ttl == '' then
    for index = 0, 2 do redis.call('PERSIST', KEYS[k + index]) end
    redis.call('ZREM', indexes.mortal, head.member)
  end
  tell(session.hash, head.version)
end

local function read(head) return archived(KEYS[head.k + 1], head.next_a - head.read, head.read) end

local function commit(head)
  local k = head.k
  if redis.call('EXISTS', KEYS[k + ${SESSION_KEYS}]) == 1 then return { 'A', read(head) } end
  local fields = redis.call('HMGET', KEYS[k], 'v', 'w', 't')
  if (fields[1] or '') ~= head.expected then return { 'X', redis.call('HGETALL', KEYS[k]) } end
  local found = present(head, KEYS[k + 1])
  if #found > 0 then return { 'P', found } end
  -- Of a session that expired unnoticed there may still be a wake-up: none is known.
  local before = { version = fields[1], wake = fields[1] and fields[2], ttl = fields[3] or '' }
  local fault = guard(head, before)
  if fault then return fault end
  write(head, before)
  return { 'C', read(head) }
end

local heads, k, a = {}, 1, 1
while k <= #KEYS do
  local head = read_head(k, a)
  heads[#heads + 1], k, a = head, head.next_k, head.next_a
end
-- Nothing may go wrong once one of several changes has been written; one alone is checked on its way.
if #heads > 1 then
  for _, head in ipairs(heads) do
    local fault = foreign(head.k)
    if fault then return fault end
  end
end
local answers = { now }
for index, head in ipairs(heads) do
  local answer = commit(head)
  if answer.err then return answer end
  answers[index + 1] = answer
end
return answers
`)
