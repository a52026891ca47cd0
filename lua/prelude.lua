-- Shared by all scripts that write, and by those that tell what is counted: each has a line `include prelude` as a comment, which this
-- text replaces, and lines for what else it needs.
--
-- Numbers. Lua 5.1 counts in doubles, exact up to 2^53 - 1, which bounds every amount. `tostring` and `..` write 14 digits
-- and would lose the last of a microsecond time, so text is only ever made with `int`; as an argument of a command a
-- number keeps 17 digits, but `int` is several times cheaper. What Redis answers is text: `tonumber` comes first.
--
-- Stamps. Every script that writes takes a stamp of its own: odd, and at least 2 above the last one written (`epoch`,
-- field `last_us`), also when the server's clock was set back. So one stamp is one batch, and entries of two batches
-- never share a score. The ends of quanta are even: the two kinds cannot meet.
--
-- A window's log holds one entry per stamp: score = stamp, member = `<operation>:<amount>`, unique by `put`. A refund replaces the member
-- by one with a smaller amount, at the same score, so reservation and refund leave together. `<log>:sum` is the running
-- total of the log, always changed in the same script.

local call = redis.call
local floor = math.floor
local match = string.match

local PRUNED = 256 -- expired entries of a window that one call drops
local EXACT_ENTRIES = 4096 -- entries above which new ones are merged at the end of their quantum
local QUANTA = 2048 -- quanta of a window in that mode
local REAPED_SESSIONS = 4 -- dead sessions that one call looks at
local REAPED_PERMITS = 256 -- their permits, and places in queues, that one call ends
local LANE_PARTS = 8 -- parts between slashes that a lane's name may have, when its session ends
local DAY_US = 86400000000
local UNSETTLED_TTL_MS = 691200000 -- 8 days
local WINDOW_SLACK_MS = 1000 -- beyond what a window's keys must live
local MOST = 9007199254740991 -- 2^53 - 1: LimiterBounds.amount

local format = string.format

local function int(n)
  return format('%d', n)
end

-- The limit's name in `window:<limit>` and `slots:<limit>`.
local function limit_of(name)
  return match(name, '^%a+:(.*)$')
end

-- The queue of those that wait for a limit: `waiters.lua`.
local function waiters_key(prefix, limit)
  return prefix .. 'waiters:' .. limit
end

-- The stamp of this call, and whether the clock is behind it. `last` is the epoch's last_us.
local function stamp_after(last)
  local time = call('TIME')
  local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
  now = now + 1 - now % 2
  if now <= last then
    return last + 2, true
  end
  return now, false
end

-- Scripts do not roll back: what is written is read before the first write, so that somebody else's key in the way is an
-- error that changes nothing.
local function must_be_readable(command, key)
  local reply = redis.pcall(command, key)
  if type(reply) == 'table' and reply.err then
    if match(reply.err, '^WRONGTYPE') then
      error({ err = 'WRONGTYPE limiter: a key of another type: ' .. key })
    end
    error(reply)
  end
end

local function existing(names)
  for _, name in ipairs(names) do
    if call('EXISTS', name) > 0 then
      return name
    end
  end
end

local function refuse_counter(key)
  error({ err = 'ERR limiter: a counter is not a whole number: ' .. key })
end

local function not_whole(names, values)
  for i, name in ipairs(names) do
    if not match(values[i], '^%d*$') then
      return name
    end
  end
end

-- The texts of counters, empty where there is none.
local function read_counters(names)
  local values = call('MGET', unpack(names))
  local missing = nil
  for i = 1, #names do
    if not values[i] then
      missing = missing or {}
      missing[#missing + 1] = names[i]
      values[i] = ''
    elseif values[i] == '' then
      values[i] = '-' -- there, and no number
    end
  end
  -- MGET answers nil for a key of another type, too.
  if missing and call('EXISTS', unpack(missing)) > 0 then
    error({ err = 'WRONGTYPE limiter: a counter is a key of another type: ' .. existing(missing) })
  end
  -- One look at all digits together is cheaper than one at each.
  if not match(table.concat(values), '^%d*$') then
    refuse_counter(not_whole(names, values))
  end
  return values
end

-- The amount of a log's member.
local function amount_of(member)
  return tonumber(match(member, ':(-?%d+)$'))
end

-- The stamp under which a window's new entry stands: now, or above EXACT_ENTRIES the even end of its quantum.
-- Rounding up keeps every unit counted at least until it has left.
local function entry_stamp(now, entries, length)
  local quantum = 2 * floor(length / (2 * QUANTA))
  if entries < EXACT_ENTRIES or quantum == 0 then
    return now
  end
  return now + (-now % quantum)
end

-- Puts an entry into the log. An operation has one name, but a session's id that is used again begins to count anew: an
-- entry of its former life must not be moved to another stamp, so the new one has its stamp in the name.
local function put(log, stamp, operation, amount)
  if call('ZADD', log, 'NX', stamp, operation .. ':' .. int(amount)) == 0 then
    call('ZADD', log, stamp, operation .. '+' .. int(stamp) .. ':' .. int(amount))
  end
end

-- Gives an entry another amount. The new one comes first: a log that were empty in between would lose its time to live.
local function replace(log, stamp, old, amount)
  put(log, stamp, match(old, '^(.*):'), amount)
  call('ZREM', log, old)
end

-- Adds an amount to the log at a stamp; merges with the entry that stands there (only ends of quanta can have one).
local function log_add(log, sum, stamp, operation, amount)
  local old = nil
  if stamp % 2 == 0 then
    old = call('ZRANGEBYSCORE', log, stamp, stamp)[1]
  end
  if old then
    replace(log, stamp, old, amount_of(old) + amount)
  else
    put(log, stamp, operation, amount)
  end
  call('INCRBY', sum, int(amount))
end

-- A window's keys outlive its entries. The first entry sets the time to live, and a call that finds too little left, also one that is denied.
-- It is never made shorter: where a policy has made the window shorter, entries of before still stand in it.
local function keep_window(log, sum, length)
  local ttl = floor(length / 400) + WINDOW_SLACK_MS
  if call('PTTL', log) < ttl then
    call('PEXPIRE', log, ttl)
    -- At one instant: in Redis 7.0 the clock goes on within a script, and a total that outlives its log by a millisecond would be taken for the next one's.
    call('PEXPIREAT', sum, call('PEXPIRETIME', log))
  end
end

-- Takes an amount back from the entry at a stamp, never more than stands there; 0 when the entry has left already.
local function log_refund(log, sum, stamp, amount)
  local old = call('ZRANGEBYSCORE', log, stamp, stamp)[1]
  if not old then
    return 0
  end
  local standing = amount_of(old)
  local taken = math.min(standing, amount)
  if taken <= 0 then
    return 0
  end
  replace(log, stamp, old, standing - taken)
  call('DECRBY', sum, int(taken))
  return taken
end

local function whole(text)
  return tonumber(text and match(text, '^%d+$') or 0)
end

-- Frees slots of a session, never more than it holds.
local function release_slots(slots, session, amount)
  local held = call('HMGET', slots, session, 'total')
  local mine, total = whole(held[1]), whole(held[2])
  local freed = math.min(mine, amount)
  if freed <= 0 then
    return
  end
  if freed >= total then
    call('UNLINK', slots)
    return
  end
  if freed == mine then
    call('HDEL', slots, session)
  else
    call('HINCRBY', slots, session, -freed)
  end
  call('HINCRBY', slots, 'total', -freed)
end

-- What moves reservations from held to spent, for `charge_budgets`. `charges` maps a budget's name to { held taken away, spent added }.
-- A budget whose keys have expired is long over and is left alone. A key in the way is an error before anything is written.
local function budget_charges(prefix, charges)
  local keys, n = {}, 0
  for name in pairs(charges) do
    local key = prefix .. name
    keys[n + 1] = key
    keys[n + 2] = key .. ':held'
    n = n + 2
  end
  local added, taken = {}, {}
  if n == 0 then
    return added, taken
  end
  local values = read_counters(keys)
  local i = 1
  for _, charge in pairs(charges) do
    local spent, held = tonumber(values[i]), tonumber(values[i + 1])
    if spent then
      added[keys[i]] = math.min(math.max(charge[2], -spent), math.max(MOST - spent, 0))
    end
    if held then
      taken[keys[i + 1]] = math.min(charge[1], held)
    end
    i = i + 2
  end
  return added, taken
end

-- Spent first: where a right is missing, money is held and spent rather than neither.
local function charge_budgets(added, taken)
  for key, amount in pairs(added) do
    if amount ~= 0 then
      call('INCRBY', key, int(amount))
    end
  end
  for key, amount in pairs(taken) do
    if amount > 0 then
      call('DECRBY', key, int(amount))
    end
  end
end
