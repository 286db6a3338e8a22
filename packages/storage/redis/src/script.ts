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
const CLOCK = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`

const PRELUDE = `${CLOCK}
local CHUNK = 4000

-- Redis takes no later time for an end, and would refuse it amid the writes.
local function integer(number) return string.format('%.0f', math.ceil(math.min(number, 8.64e15))) end

-- What is told of a session beside its records: wake-up, time to live, with one also the time of the last commit, version.
local function head_of(wake, ttl, committed, version)
  return wake .. ' ' .. ttl .. ' ' .. (ttl == '' and '' or integer(committed)) .. ' ' .. version
end

local function parts_of(head)
  if head then return string.match(head, '^(%S*) (%S*) (%S*) (.*)$') end
end

-- The name of another index of the partition whose due index that is.
local function beside(due, index) return string.sub(due, 1, -4) .. index end

-- In pieces: Lua passes a limited number of arguments.
local function pass(command, key, first, past)
  for from = first, past - 1, CHUNK do
    redis.call(command, key, unpack(ARGV, from, math.min(from + CHUNK, past) - 1))
  end
end

-- Archived records of the keys in ARGV, key and text by turns.
local function archived(key, first, past)
  local found = {}
  for from = first, past - 1, CHUNK do
    local texts = redis.call('HMGET', key, unpack(ARGV, from, math.min(from + CHUNK, past) - 1))
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
local function schedule(session, wake, ttl, committed)
  if wake == '' then redis.call('ZREM', session.due, session.member)
  else redis.call('ZADD', session.due, wake, session.member) end
  if ttl == '' then return end
  local ends = committed + ttl
  if wake ~= '' then ends = math.max(ends, wake + math.max(ttl, ${CLAIM_MS})) end
  ends = integer(ends)
  redis.call('PEXPIREAT', session.hash, ends)
  redis.call('PEXPIREAT', session.archive, ends)
  redis.call('PEXPIREAT', session.order, ends)
  redis.call('ZADD', beside(session.due, 'mortal'), ends, session.member)
end

-- Gives a session another wake-up, and the end that it then has; its version stays.
local function wake_at(session, wake, ttl, committed, version)
  redis.call('HSET', session.hash, 'h', head_of(wake, ttl, committed, version))
  schedule(session, wake, ttl, committed)
end

-- Who may not publish may still commit.
local function tell(channel, version) redis.pcall('PUBLISH', channel, version) end
`

/** A script of what follows the prelude: `now`, and functions that several scripts need. */
export function script(body: string): Script {
  return toScript(`${PRELUDE}${body}`, false)
}

/** A script that writes nothing, or nothing that anybody could miss. */
export function look(body: string): Script {
  return toScript(`${PRELUDE}${body}`, true)
}

/** A look that needs none of the functions, which Redis would make anew for each call. */
export function quickLook(body: string): Script {
  return toScript(`${CLOCK}${body}`, true)
}

function toScript(lua: string, looks: boolean): Script {
  return { lua, sha: createHash('sha1').update(lua).digest('hex'), looks }
}
