#!lua
-- Decides a batch of requests of one domain, in rank order: every request gets all of its limits or none.
--
-- KEYS  1 epoch   2 sessions   3 session:<id> of the caller
--       then for each limit, in order, two: window: log, sum | budget: spent, held | concurrency: slots, slots
-- ARGV  1 the session's id
--       2 MessagePack, one flat array:
--         lane (text), operation (number, ascending per lane), resent (0 | 1), not after (us of the server's clock),
--         count of limits, then per limit:  kind, limit, a, b, c
--            1 window       a = length (us)              b = 0               c = 0
--            2 budget       a = start of period (us)     b = its end, or 0   c = time to keep after its end (ms); without
--                           one, at least two thirds of it after the last admission
--            3 concurrency  a = 0                        b = 0               c = 0
--         count of requests, then per request: hold (us), record (text, see below), waits (0 | 1), count of pairs,
--            then pairs: position of a limit from 1, amount
-- Returns MessagePack, one flat array: status, now (us), and where the status is 1 (decided)
--         until when the session is alive (us); used, per limit, after the batch; then nothing if all are granted, else per request: 0 = granted, or
--         position of the limiting limit, reason (1 no room, 2 larger than the limit, 3 there is room, but it is behind
--         a better-ranked request of this batch that waits for it), retry at (us, 0 = never), exact (1, or 0: not before)
--         status 2: past `not after`   3: a later operation was here   4: the session is unknown or over
--         5: the period of a budget is not now; the position of the limit follows
--         Nothing was done for a status from 2 to 5.
-- Invariants  I1 I3 I4 I5 I7 I8: no limit is passed; an operation has one effect; a denied request changes no limit.
-- Cost  One read per kind of key and one write per admitted limit, however many requests; O(log n) in the entries of a
--       window; at most 256 expired entries dropped, and 1,024 walked for a `retry at`, per window.
--
-- A permit's record, in the session's hash under `permit:<lane>.<operation>.<position>`, is JSON:
--   ["granted at", "hold until", 0 or {window: "stamp"} where it is not `granted at`, name, amount, name, amount, ...]
-- Times are texts: they go back to Redis as they are, and reading them as numbers would cost more than all the rest.
-- The caller sends the text from behind the third element on, so that names cost nothing here; an empty text keeps no
-- record: such a permit needs no settlement and cannot be given back. Only requests that need nothing but windows may.

local RETRY_WALK = 1024
local RETRY_CHUNK = 64
local WINDOW, BUDGET, CONCURRENCY = 1, 2, 3
local DECIDED, STALE, SUPERSEDED, NO_SESSION, OTHER_PERIOD = 1, 2, 3, 4, 5
local NO_ROOM, TOO_LARGE, BEHIND = 1, 2, 3

local prefix = string.sub(KEYS[1], 1, -6)
local session = ARGV[1]
local args = cmsgpack.unpack(ARGV[2])
local lane, operation, resent, not_after = args[1], args[2], args[3], args[4]
local lane_field = 'lane:' .. lane

-- 1. One time for the whole decision.
local epoch = call('HMGET', KEYS[1], 'id', 'last_us')
local now = stamp_after(tonumber(epoch[2]) or 0)

local alive_until = tonumber(call('ZSCORE', KEYS[2], session) or 0)
if not epoch[1] or alive_until <= now then
  return cmsgpack.pack({ NO_SESSION, now })
end

-- 2. A lost reply, asked for again.
local last = call('HGET', KEYS[3], lane_field)
if last then
  local last_operation, answer = match(last, '^(%d+):(.*)$')
  last_operation = tonumber(last_operation)
  if last_operation == operation then
    return answer
  elseif last_operation > operation then
    return cmsgpack.pack({ SUPERSEDED, now })
  end
end
if now > not_after then
  return cmsgpack.pack({ STALE, now })
end

-- 3. What is used, per limit. Reads first: a counter or log of another type gives its error before anything is written.
-- A batch may name hundreds of runs and tenants: what is done per limit is kept short.
local limits = args[5]
local limit, used = {}, {}
local windows, budgets, slots = {}, {}, {} -- positions of the limits of each kind
local counters, count = {}, 0 -- the keys of running totals, spent and held

local function kind_of(i)
  return args[5 * i + 1]
end

-- Of a window its length, of a budget the end of its period.
local function length_of(i)
  return args[5 * i + 3 + (kind_of(i) == BUDGET and 1 or 0)]
end

local function key_of(i)
  return KEYS[2 * i + 2]
end

-- A window's running total, what is held of a budget.
local function total_of(i)
  return KEYS[2 * i + 3]
end

for i = 1, limits do
  local at = 5 * i + 1
  local kind = args[at]
  limit[i] = args[at + 1]
  if kind == BUDGET then
    local ends = args[at + 3]
    if now < args[at + 2] or (ends > 0 and now >= ends) then
      return cmsgpack.pack({ OTHER_PERIOD, now, i })
    end
    counters[count + 1], counters[count + 2] = key_of(i), total_of(i)
    count = count + 2
    budgets[#budgets + 1] = i
  elseif kind == WINDOW then
    count = count + 1
    counters[count] = total_of(i)
    windows[#windows + 1] = i
  else
    slots[#slots + 1] = i
  end
end

local expired, backlog, created = {}, {}, {}
for _, i in ipairs(windows) do
  expired[i] = call('ZRANGEBYSCORE', key_of(i), '-inf', now - length_of(i), 'LIMIT', 0, PRUNED)
end
if count > 0 then
  local values = read_counters(counters)
  local at = 1
  for i = 1, limits do
    local kind = kind_of(i)
    if kind == WINDOW then
      used[i] = tonumber(values[at]) or 0
      at = at + 1
    elseif kind == BUDGET then
      local spent, held = tonumber(values[at]), tonumber(values[at + 1])
      used[i] = (spent or 0) + (held or 0)
      created[i] = not spent or not held
      at = at + 2
    end
  end
end

-- Expired entries leave, and dead sessions end: both would have happened without this call. What has left for one call has
-- left for all: the time of this one is kept, so that a clock that is set back does not admit again what still counts then.
local is_time_kept = false
for _, i in ipairs(windows) do
  local entries = expired[i]
  if #entries > 0 then
    if not is_time_kept then
      call('HSET', KEYS[1], 'last_us', int(now))
      is_time_kept = true
    end
    local cutoff = now - length_of(i)
    if #entries == PRUNED and tonumber(call('ZRANGE', key_of(i), -1, -1, 'WITHSCORES')[2]) <= cutoff then
      call('UNLINK', key_of(i), total_of(i))
      used[i] = 0
    else
      local gone = 0
      for _, member in ipairs(entries) do
        gone = gone + amount_of(member)
      end
      call('ZREMRANGEBYRANK', key_of(i), 0, #entries - 1)
      call('DECRBY', total_of(i), int(gone))
      keep_window(key_of(i), total_of(i), length_of(i))
      used[i] = used[i] - gone
      if #entries == PRUNED then
        backlog[i] = call('ZCOUNT', key_of(i), '-inf', cutoff) > 0
      end
    end
  end
end
if #slots > 0 then
  reap(prefix, KEYS[2], now)
  for _, i in ipairs(slots) do
    used[i] = tonumber(call('HGET', key_of(i), 'total') or 0)
  end
end

-- 4. The requests in their order: all limits of one, or none. One that waits holds up the later ones of this batch on
-- the limits that have no room for it, and on no others: what is blocked by its own run or tenant holds up nobody else.
local cursor = 5 * limits + 6
local requests = args[cursor]
cursor = cursor + 1
local added, answers, denied, granted = {}, {}, {}, {}
local held_up = {}

local function hold_up(first, past)
  for pair = first, past - 2, 2 do
    local i, amount = args[pair], args[pair + 1]
    if amount > limit[i] or (kind_of(i) == BUDGET and used[i] + amount > limit[i]) then
      return -- it will not wait
    end
  end
  for pair = first, past - 2, 2 do
    local i = args[pair]
    if used[i] + args[pair + 1] > limit[i] then
      held_up[i] = true
    end
  end
end

for r = 1, requests do
  local first = cursor + 4
  local past = first + 2 * args[cursor + 3]
  local fits = true
  local at = first
  while at < past do
    local i, amount = args[at], args[at + 1]
    if used[i] + amount > limit[i] or held_up[i] then
      fits = false
      break
    end
    used[i] = used[i] + amount
    added[i] = (added[i] or 0) + amount
    at = at + 2
  end
  if fits then
    granted[#granted + 1] = r
    granted[#granted + 1] = cursor
  else
    for back = first, at - 1, 2 do
      local i, amount = args[back], args[back + 1]
      used[i] = used[i] - amount
      added[i] = added[i] - amount
    end
    denied[r] = cursor
    if args[cursor + 2] == 1 then
      hold_up(first, past)
    end
  end
  cursor = past
end

-- 5. One write per limit.
local operation_text = int(operation)
local moved = nil -- windows whose entry stands at the end of a quantum
if #granted > 0 then
  local name = session .. '.' .. lane .. '.' .. operation_text
  for _, i in ipairs(windows) do
    local amount = added[i]
    if amount and amount > 0 then
      local length = length_of(i)
      local entries = call('ZCARD', key_of(i))
      local stamp = entry_stamp(now, entries, length)
      if stamp ~= now then
        moved = moved or {}
        moved[#moved + 1] = string.sub(key_of(i), #prefix + 1)
        moved[#moved + 1] = stamp
      end
      log_add(key_of(i), total_of(i), stamp, name, amount)
      if entries == 0 then
        keep_window(key_of(i), total_of(i), length)
      end
    end
  end
  for _, i in ipairs(budgets) do
    local amount = added[i]
    if amount and amount > 0 then
      -- The time to live is set when the keys are made: of a period once, without a period whenever a third of it is over.
      local ends, keep = length_of(i), args[5 * i + 5]
      if created[i] then
        local ttl = int(math.max(floor((ends - now) / 1000), 0) + keep)
        call('SET', key_of(i), 0, 'PX', ttl, 'NX')
        call('SET', total_of(i), 0, 'PX', ttl, 'NX')
      end
      if ends == 0 and call('PTTL', key_of(i)) < keep * 2 / 3 then
        call('PEXPIRE', key_of(i), int(keep))
        call('PEXPIRE', total_of(i), int(keep))
      end
      call('INCRBY', total_of(i), int(amount))
    end
  end
  for _, i in ipairs(slots) do
    local amount = added[i]
    if amount and amount > 0 then
      call('HINCRBY', key_of(i), session, amount)
      call('HINCRBY', key_of(i), 'total', amount)
    end
  end
end

-- 6. Answers. `retry at` of a denied request: when all of its limits have room for it alone.
local walks = {}

-- When `need` units of a window will have left: the stamp of the entry that frees the last of them, and the length. Exact
-- while one call can drop all entries up to it.
local function window_retry(i, need)
  local walk = walks[i]
  if not walk then
    walk = { freed = 0, at = {}, total = {} }
    walks[i] = walk
  end
  while walk.freed < need and #walk.at < RETRY_WALK do
    local from = #walk.at
    local page = call('ZRANGE', key_of(i), from, from + RETRY_CHUNK - 1, 'WITHSCORES')
    if #page == 0 then
      break
    end
    for e = 1, #page, 2 do
      walk.freed = walk.freed + amount_of(page[e])
      walk.at[#walk.at + 1] = tonumber(page[e + 1])
      walk.total[#walk.total + 1] = walk.freed
    end
  end
  local low, high = 1, #walk.at
  while low < high do
    local middle = floor((low + high) / 2)
    if walk.total[middle] >= need then
      high = middle
    else
      low = middle + 1
    end
  end
  if high == 0 then
    return now, 0
  end
  local exact = walk.total[low] >= need and low <= PRUNED and not backlog[i]
  return math.max(walk.at[low] + length_of(i), now), exact and 1 or 0
end

-- The limit that holds a request up the longest, why, until when, and whether that is exact.
local function explain(at)
  local limiting, reason, retry_at, exact = 0, NO_ROOM, now, 1
  local never = false
  local past = at + 4 + 2 * args[at + 3]
  for pair = at + 4, past - 2, 2 do
    local i, amount = args[pair], args[pair + 1]
    if amount > limit[i] then
      return i, TOO_LARGE, 0, 1
    end
    local need = used[i] + amount - limit[i]
    if need > 0 and not never then
      local time, is_exact = now, 0
      if kind_of(i) == WINDOW then
        time, is_exact = window_retry(i, need)
      elseif kind_of(i) == BUDGET then
        time, is_exact = length_of(i), 1
        never = time == 0
      end
      if is_exact == 0 then
        exact = 0
      end
      if limiting == 0 or never or time > retry_at then
        limiting, retry_at = i, time
      end
    end
  end
  if never then
    exact = 1
  elseif limiting == 0 then
    for pair = past - 2, at + 4, -2 do
      if held_up[args[pair]] then
        limiting, reason, exact = args[pair], BEHIND, 0
      end
    end
  end
  return limiting, reason, retry_at, exact
end

answers[1], answers[2], answers[3] = DECIDED, now, alive_until
for i = 1, limits do
  answers[i + 3] = used[i]
end
local next_answer = limits + 4
for r = 1, next(denied) and requests or 0 do
  if denied[r] then
    answers[next_answer], answers[next_answer + 1], answers[next_answer + 2], answers[next_answer + 3] =
      explain(denied[r])
    next_answer = next_answer + 4
  else
    answers[next_answer] = 0
    next_answer = next_answer + 1
  end
end
local answer = cmsgpack.pack(answers)

-- The records of the permits, and the answer, in case the reply is lost. A denied batch is remembered only if it was
-- sent more than once: then another copy may still arrive, and must find that the caller has its answer.
if #granted > 0 then
  local head = '["' .. int(now) .. '","'
  local stamps = '",0'
  if moved then
    for m = 1, #moved, 2 do
      moved[(m + 1) / 2] = '"' .. moved[m] .. '":"' .. int(moved[m + 1]) .. '"'
    end
    stamps = '",{' .. table.concat(moved, ',', 1, #moved / 2) .. '}'
  end
  local middle = {}
  local fields = { lane_field, operation_text .. ':' .. answer }
  local permit = 'permit:' .. lane .. '.' .. operation_text .. '.'
  local n = 2
  for g = 1, #granted, 2 do
    local at = granted[g + 1]
    local record = args[at + 1]
    if record ~= '' then
      local hold = args[at]
      local text = middle[hold]
      if not text then
        text = head .. int(now + hold) .. stamps
        middle[hold] = text
      end
      fields[n + 1] = permit .. granted[g]
      fields[n + 2] = text .. record
      n = n + 2
    end
  end
  call('HSET', KEYS[3], unpack(fields))
  if not is_time_kept then
    call('HSET', KEYS[1], 'last_us', int(now))
  end
elseif resent == 1 then
  call('HSET', KEYS[3], lane_field, operation_text .. ':' .. answer)
end
return answer
