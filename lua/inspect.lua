#!lua flags=no-writes
-- What is used of limits, without changing anything.
--
-- KEYS  as for acquire: 1 epoch   2 sessions   3 any session:<id>   then per limit: window: log, sum | budget: spent,
--       held | concurrency: slots, slots
-- ARGV  1 MessagePack, one flat array: count of limits, then per limit: kind (1 window, 2 budget, 3 concurrency),
--       length of a window (us, else 0)
-- Returns MessagePack, one flat array: now (us), sessions alive, then three numbers per limit:
--         window       used, entries in the log, stamp of the oldest live entry (us, 0 = none)
--         budget       spent, held, 0
--         concurrency  slots held, sessions that hold them, 0 (dead sessions count until they are ended)
--         A counter that is no whole number is an error that names its key, as for acquire.
-- Cost  O(expired entries not yet dropped) per window, at most 8,192 of them.

-- include prelude

local UNDROPPED = 8192

local args = cmsgpack.unpack(ARGV[1])
local epoch_last = tonumber(call('HGET', KEYS[1], 'last_us') or 0) or 0
local time = call('TIME')
local now = math.max(tonumber(time[1]) * 1000000 + tonumber(time[2]), epoch_last)
local answer = { now, call('ZCOUNT', KEYS[2], '(' .. int(now), '+inf') }

local function held_slots(key)
  local total = call('HGET', key, 'total') or '0'
  if not match(total, '^%d+$') then
    refuse_counter(key)
  end
  return tonumber(total)
end

for i = 1, args[1] do
  local kind, length = args[2 * i], args[2 * i + 1]
  local key, total = KEYS[2 * i + 2], KEYS[2 * i + 3]
  local a, b, c = 0, 0, 0
  if kind == 1 then
    local cutoff = now - length
    a = tonumber(read_counters({ total })[1]) or 0
    for _, member in ipairs(call('ZRANGEBYSCORE', key, '-inf', cutoff, 'LIMIT', 0, UNDROPPED)) do
      a = a - amount_of(member)
    end
    b = call('ZCARD', key)
    local oldest = call('ZRANGEBYSCORE', key, '(' .. int(cutoff), '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
    c = tonumber(oldest[2] or 0)
  elseif kind == 2 then
    local values = read_counters({ key, total })
    a, b = tonumber(values[1]) or 0, tonumber(values[2]) or 0
  else
    a = held_slots(key)
    b = math.max(call('HLEN', key) - 1, 0)
  end
  answer[3 * i], answer[3 * i + 1], answer[3 * i + 2] = a, b, c
end
return cmsgpack.pack(answer)
