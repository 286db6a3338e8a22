import { createHash } from 'node:crypto'

import { CLAIM_MS } from '@triggerkit/contracts'

/** A Lua script, and the hash by which Redis knows it. */
export interface Script {
  readonly lua: string
  readonly sha: string
  /** Whether it only looks: what went wrong then can't have done anything. */
  readonly looks: boolean
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

/** A script of what follows the prelude: `now`, and functions that several scripts need. */
export function script(body: string, looks = false): Script {
  const lua = `${PRELUDE}${body}`
  return { lua, sha: createHash('sha1').update(lua).digest('hex'), looks }
}

/** A script that writes nothing, or nothing that anybody could miss. */
export function look(body: string): Script {
  return script(body, true)
}
