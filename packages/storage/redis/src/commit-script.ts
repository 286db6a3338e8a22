import { RETENTION_MS } from '@triggerkit/contracts'

import { script, type Script } from './script.js'

/** How many keys of a change come before those of its receipts: see {@link COMMIT}. */
const OWN_KEYS = 5

/** How many arguments of a change come before its lists: see {@link COMMIT}. */
const OWN_ARGS = 3

/**
 * Applies changes, each by itself and in their order; answers with the time and one list for each change: its letter
 * (`A`lready applied, conflict `X`, `P`resent, `C`ommitted) and, where there are any, keys and texts by turns.
 *
 * KEYS of a change: the session's hash, archive and order, its partition's due index, the commit id, receipts to put,
 * receipts that must be absent.
 * ARGV of a change: one text of seven counts, wake-up, time to live and new version, the expected version, the session's
 * member, and then what the counts say: working records, those to remove, archived ones, those to remove, receipts, keys
 * that must be absent, keys to read.
 *
 * Every argument costs the client and every command the server more than all bytes of a usual change, hence the one text
 * and the one command that checks a commit id and makes it known.
 */
export const COMMIT: Script = script(`
local call = redis.call
local HEAD = '^(%d+) (%d+) (%d+) (%d+) (%d+) (%d+) (%d+) (%S*) (%S*) (.*)$'

local function change_at(k, a)
  local put, removed, archived, unarchived, receipts, absent, read, wake, ttl, version = string.match(ARGV[a], HEAD)
  local removals = a + ${OWN_ARGS} + put
  local archive = removals + removed
  local unarchive = archive + archived
  local texts = unarchive + unarchived
  local without = texts + receipts
  local reading = without + absent
  return {
    hash = KEYS[k], archive = KEYS[k + 1], order = KEYS[k + 2], due = KEYS[k + 3], id = KEYS[k + 4],
    expected = ARGV[a + 1], member = ARGV[a + 2], wake = wake, ttl = ttl, version = version,
    puts_at = a + ${OWN_ARGS}, removals_at = removals, archive_at = archive, unarchive_at = unarchive, texts_at = texts,
    absent_at = without, reads_at = reading, next_a = reading + read,
    receipts_k = k + ${OWN_KEYS}, absent_k = k + ${OWN_KEYS} + receipts, next_k = k + ${OWN_KEYS} + receipts + absent,
  }
end

-- Records under keys that must be absent, of the archive or else among the receipts.
local function present(change)
  local found = {}
  for from = 0, change.reads_at - change.absent_at - 1, CHUNK do
    local to = math.min(from + CHUNK, change.reads_at - change.absent_at) - 1
    local texts = call('HMGET', change.archive, unpack(ARGV, change.absent_at + from, change.absent_at + to))
    local receipts = call('MGET', unpack(KEYS, change.absent_k + from, change.absent_k + to))
    for index = 1, #texts do
      local text = texts[index] or receipts[index]
      if text then
        found[#found + 1] = ARGV[change.absent_at + from + index - 1]
        found[#found + 1] = text
      end
    end
  end
  return found
end

-- Stumbles over a foreign key among those that will be written, or read after the writes, while nothing has been written.
local function stumble_over_records(change)
  local patched = change.archive_at < change.texts_at
  if patched or change.reads_at < change.next_a then call('HLEN', change.archive) end
  if patched then call('ZCARD', change.order) end
end

local function stumble_over_indexes(due, wakes, mortal, new)
  if wakes then call('ZCARD', due) end
  if mortal then call('ZCARD', beside(due, 'mortal')) end
  if new then call('ZCARD', beside(due, 'sessions')) end
end

local function put_in_order(change)
  for from = change.archive_at, change.unarchive_at - 1, CHUNK do
    local members = {}
    for index = from, math.min(from + CHUNK, change.unarchive_at) - 1, 2 do
      members[#members + 1] = 0
      members[#members + 1] = ARGV[index]
    end
    call('ZADD', change.order, unpack(members))
  end
end

local function write_records(change)
  local first = math.min(change.removals_at - change.puts_at, CHUNK)
  local head = head_of(change.wake, change.ttl, now, change.version)
  call('HSET', change.hash, 'h', head, unpack(ARGV, change.puts_at, change.puts_at + first - 1))
  pass('HSET', change.hash, change.puts_at + first, change.removals_at)
  pass('HDEL', change.hash, change.removals_at, change.archive_at)
  pass('HSET', change.archive, change.archive_at, change.unarchive_at)
  put_in_order(change)
  pass('HDEL', change.archive, change.unarchive_at, change.texts_at)
  pass('ZREM', change.order, change.unarchive_at, change.texts_at)
  for index = 0, change.absent_at - change.texts_at - 1 do
    call('SET', KEYS[change.receipts_k + index], ARGV[change.texts_at + index], 'PXAT', now + ${RETENTION_MS})
  end
end

local function write_indexes(change, wake, mortal)
  if not wake then call('ZADD', beside(change.due, 'sessions'), 0, change.member) end
  if change.wake ~= wake or change.ttl ~= '' then schedule(change, change.wake, change.ttl, now) end
  if mortal and change.ttl == '' then
    for _, key in ipairs({ change.hash, change.archive, change.order }) do call('PERSIST', key) end
    call('ZREM', beside(change.due, 'mortal'), change.member)
  end
end

local function with_records(letter, change)
  if change.reads_at == change.next_a then return { letter } end
  return { letter, archived(change.archive, change.reads_at, change.next_a) }
end

local function commit(change, alone)
  -- Of a session that expired unnoticed there may still be a wake-up: none is known.
  local wake, ttl, _, version = parts_of(call('HGET', change.hash, 'h'))
  local conflict, absent = (version or '') ~= change.expected, change.absent_at < change.reads_at
  if (conflict or absent) and call('EXISTS', change.id) == 1 then return with_records('A', change) end
  if conflict then return { 'X', call('HGETALL', change.hash) } end
  local found = absent and present(change) or {}
  if #found > 0 then return { 'P', found } end
  local mortal = change.ttl ~= '' or (ttl or '') ~= ''
  if alone then
    stumble_over_records(change)
    stumble_over_indexes(change.due, change.wake ~= wake, mortal, not wake)
  end
  -- The first write of all: where Redis has no room it refuses this, and nothing else has been written.
  if not call('SET', change.id, '', 'NX', 'PXAT', now + ${RETENTION_MS}) then return with_records('A', change) end
  write_records(change)
  write_indexes(change, wake, mortal)
  tell(change.hash, change.version)
  return with_records('C', change)
end

local changes, k, a = {}, 1, 1
while k <= #KEYS do
  local change = change_at(k, a)
  changes[#changes + 1], k, a = change, change.next_k, change.next_a
end
-- Nothing may go wrong once one of several changes has been written; one alone is checked on its way.
if #changes > 1 then
  local seen = {}
  for _, change in ipairs(changes) do
    call('HLEN', change.hash)
    stumble_over_records(change)
    if not seen[change.due] then stumble_over_indexes(change.due, true, true, true) end
    seen[change.due] = true
  end
end
local answers = { now }
for index, change in ipairs(changes) do answers[index + 1] = commit(change, #changes == 1) end
return answers
`)
