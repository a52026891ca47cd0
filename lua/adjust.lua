#!lua
-- An operator's correction of one window or budget, recorded. Twice the same operation is one correction.
--
-- KEYS  1 epoch   2 window: log, budget: spent   3 window: sum, budget: held   4 adjustments   5 adjusted:<operation>
-- ARGV  1 kind (1 window, 2 budget)   2 amount (signed)   3 window: length (us), budget: time to live from now on (ms)
--       4 operation   5 who   6 why
-- Returns { amount applied, used after it, amount asked, 1: of this limit, 0: of another one }: of the operation's first
--         time. What is used never becomes negative, nor more than can be counted. A negative correction of a window lowers
--         its newest entries first, at most 1,024 of them.
-- Who waits for a window that has room again is told.
-- Cost  O(entries changed). Concurrency is not adjusted: slots follow their sessions.

-- include prelude waiters

local LOWERED = 1024
local ANSWER_TTL_MS = 604800000 -- 7 days
local RECORDS = 10000

local kind, asked, length = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local before = call('GET', KEYS[5])
if before then
  -- An older version remembers it without the last two.
  local applied, used, asked_then, limit = match(before, '^(-?%d+) (%d+) ?(-?%d*) ?(.*)$')
  return {
    tonumber(applied), tonumber(used), tonumber(asked_then) or asked, (limit == '' or limit == KEYS[2]) and 1 or 0,
  }
end

local prefix = string.sub(KEYS[1], 1, -6)
local now = stamp_after(tonumber(call('HGET', KEYS[1], 'last_us') or 0))
local used = tonumber(read_counters({ kind == 1 and KEYS[3] or KEYS[2] })[1]) or 0
local amount = math.min(asked, math.max(MOST - used, 0))
local applied, newest = 0, {}
if kind == 2 then
  applied = math.max(amount, -used)
elseif amount > 0 then
  applied = amount
else
  newest = call('ZREVRANGE', KEYS[2], 0, LOWERED - 1, 'WITHSCORES')
  for i = 1, #newest, 2 do
    applied = applied - math.max(amount_of(newest[i]), 0)
  end
  applied = math.max(amount, applied)
end

-- Whatever may be in the way is found before the first write. Its record comes first: a key of another type in its place is an error before anything
-- else is written.
if kind == 1 then
  must_be_readable('ZCARD', KEYS[2])
end
call('XADD', KEYS[4], 'MAXLEN', '~', RECORDS, '*', 'limit', KEYS[2], 'asked', int(asked), 'applied', int(applied),
  'used', int(used + applied), 'operation', ARGV[4], 'who', ARGV[5], 'why', ARGV[6])
if kind == 2 then
  call('SET', KEYS[2], 0, 'PX', int(length), 'NX')
  call('INCRBY', KEYS[2], int(applied))
  call('PEXPIRE', KEYS[2], int(length))
  call('PEXPIRE', KEYS[3], int(length))
elseif applied > 0 then
  local stamp = entry_stamp(now, call('ZCARD', KEYS[2]), length)
  log_add(KEYS[2], KEYS[3], stamp, 'adjust.' .. ARGV[4], applied)
  keep_window(KEYS[2], KEYS[3], length)
else
  local left = -applied
  for i = 2, #newest, 2 do
    if left > 0 then
      left = left - log_refund(KEYS[2], KEYS[3], tonumber(newest[i]), left)
    end
  end
end

call('HSET', KEYS[1], 'last_us', int(now))
call('SET', KEYS[5], table.concat({ int(applied), int(used + applied), int(asked), KEYS[2] }, ' '), 'PX', ANSWER_TTL_MS)
if kind == 1 and applied < 0 then
  wake_all(prefix, { [limit_of(string.sub(KEYS[2], #prefix + 1))] = true }, now)
end
return { applied, used + applied, asked, 1 }
