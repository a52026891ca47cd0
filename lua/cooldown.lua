#!lua
-- Which models all workers of a domain leave alone, and whose turn it is to try whether one is back.
--
-- KEYS  1 epoch   2 cooldowns   then, but for `list`: 3 cooldown:<model>
-- ARGV  1 the verb   2 the model as in its key, and by the verb
--         look
--         admit      3 probes at once   4 how long a probe is waited for (us)
--         open       3 why (a word)   4 how long (us; 0: by how often it was opened in a row)   5 the first such time (us)
--                    6 the longest (us)   7 the generation in which the failed call began; -1: it counts whenever it began
--         succeeded  3 the generation of the probe
--         abandoned  3 the generation of the probe
--         clear
--         list
-- Returns { code, generation, time left (us), why, opened in a row, since (us, text) }
--         code 0 = may be asked; 1 = may be asked once: a probe; 2 = is left alone
--         list: one flat array, per model its name and the six
-- Rules  A longer cooldown is never shortened. A rate limit ends by itself; anything else with a probe that succeeds, or one hour after
--        its end without any call. A probe is a lease: it ends by itself. A result counts in the generation in which its call began;
--        the provider's own word counts always.
-- Cost  One read; three writes by what changes it. list: one read per model that was left alone in the last hour.

-- include prelude

local KEEP_MS = 3600000 -- after its end
local LISTED = 1000
local CLEAR, PROBE, COOLING = 0, 1, 2
local BY_ITSELF = 'rateLimited'

local prefix = string.sub(KEYS[1], 1, -6)
local verb, model = ARGV[1], ARGV[2]
local now = stamp_after(tonumber(call('HGET', KEYS[1], 'last_us') or 0) or 0)

local function load(key)
  local fields = call('HMGET', key, 'until_us', 'reason', 'opened', 'generation', 'since_us', 'probes')
  local state = {
    ends = whole(fields[1]),
    reason = fields[2] or '',
    opened = whole(fields[3]),
    generation = whole(fields[4]),
    since = whole(fields[5]),
    probes = {},
  }
  for lease in string.gmatch(fields[6] or '', '%d+') do
    if tonumber(lease) > now then
      state.probes[#state.probes + 1] = tonumber(lease)
    end
  end
  return state
end

local function answer(code, state, left)
  return { code, int(state.generation), int(left), state.reason, int(state.opened), int(state.since) }
end

-- What is to be seen of it, without taking a probe's place.
local function seen(state)
  if now < state.ends then
    return answer(COOLING, state, state.ends - now)
  end
  return answer(CLEAR, state, 0)
end

if verb == 'list' then
  local all = {}
  for _, name in ipairs(call('ZRANGE', KEYS[2], 0, LISTED - 1)) do
    local state = load(prefix .. 'cooldown:' .. name)
    if state.generation == 0 then
      call('ZREM', KEYS[2], name)
    else
      all[#all + 1] = name
      for _, value in ipairs(seen(state)) do
        all[#all + 1] = value
      end
    end
  end
  return all
end

local key = KEYS[3]
local state = load(key)
must_be_readable('ZCARD', KEYS[2])

local function forget()
  call('UNLINK', key)
  return answer(CLEAR, { generation = 0, reason = '', opened = 0, since = 0 }, 0)
end

local function keep_probes()
  if #state.probes == 0 then
    call('HDEL', key, 'probes')
    return
  end
  local leases = {}
  for i, lease in ipairs(state.probes) do
    leases[i] = int(lease)
  end
  call('HSET', key, 'probes', table.concat(leases, ' '))
end

if verb == 'admit' then
  if state.generation == 0 or now < state.ends then
    return seen(state)
  end
  if state.reason == BY_ITSELF then
    return forget()
  end
  if #state.probes >= tonumber(ARGV[3]) then
    return answer(COOLING, state, math.min(unpack(state.probes)) - now)
  end
  state.probes[#state.probes + 1] = now + tonumber(ARGV[4])
  keep_probes()
  return answer(PROBE, state, 0)
elseif verb == 'open' then
  local began = tonumber(ARGV[7])
  if began >= 0 and began ~= state.generation then
    return seen(state)
  end
  local time = tonumber(ARGV[4])
  if time == 0 then
    time = math.min(tonumber(ARGV[5]) * 2 ^ math.min(state.opened, 20), tonumber(ARGV[6]))
  end
  if now + time <= state.ends then
    return seen(state)
  end
  -- Many hear of it at once: that is one opening.
  if now >= state.ends then
    state.opened, state.since = state.opened + 1, now
  end
  state.ends, state.reason, state.generation = now + time, ARGV[3], now
  call('HSET', KEYS[1], 'last_us', int(now))
  call('HSET', key, 'until_us', int(state.ends), 'reason', state.reason, 'opened', int(state.opened), 'generation',
    int(now), 'since_us', int(state.since))
  call('HDEL', key, 'probes')
  call('PEXPIRE', key, int(floor(time / 1000) + KEEP_MS))
  call('ZADD', KEYS[2], int(state.ends), model)
  -- The list is as long as what is in it: no model of it is kept longer.
  call('PEXPIRE', KEYS[2], int(math.max(call('PTTL', KEYS[2]), floor(time / 1000) + KEEP_MS)))
  return seen(state)
elseif verb == 'clear' then
  return forget()
elseif state.generation ~= tonumber(ARGV[3]) then
  return seen(state)
elseif verb == 'succeeded' then
  if now < state.ends then
    return seen(state)
  end
  return forget()
end
-- abandoned
table.remove(state.probes, 1)
keep_probes()
return seen(state)
