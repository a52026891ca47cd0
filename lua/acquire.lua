#!lua
-- Decides a batch of requests of one domain, in rank order: every request gets all of its limits or none.
--
-- KEYS  1 epoch   2 sessions   3 session:<id> of the caller
--       then for each limit, in order, two: window: log, sum | budget: spent, held | concurrency: slots, slots
-- ARGV  1 the session's id
--       2 MessagePack, one flat array:
--         lane (text), operation (number, ascending per lane), resent (0 | 1), not after (us of the server's clock),
--         remembered (the last operation of the lane of which the caller knows that it is remembered here, 0 = none),
--         count of limits, then per limit:  kind, limit, a, b, c
--            1 window       a = length (us)              b = 0               c = 0
--            2 budget       a = start of period (us)     b = its end, or 0   c = time to keep after its end (ms); without
--                           one, at least two thirds of it after the last admission
--            3 concurrency  a = 0                        b = 0               c = 0
--         count of calls that waited and went away, then per call: limit that it waited for, its rank
--         count of requests, then per request: hold (us), record (text, see below), until when it waits (us, 0 = it is
--            decided once), rank, count of pairs, then pairs: position of a limit from 1, amount
-- Returns MessagePack, one flat array: status, now (us), and where the status is 1 (decided)
--         until when the session is alive (us); used, per limit, after the batch; then nothing if all are granted, else per request: 0 = granted, or
--         position of the limiting limit, reason (1 no room, 2 larger than the limit, 3 a better-ranked call waits for it),
--         retry at (us, 0 = never), exact (1, or 0: not before)
--         status 2: past `not after`   3: a later operation was here   4: the session is unknown or over
--         5: the period of a budget is not now; the position of the limit follows
--         6: what was remembered is not known here: this Redis has lost the last part of its state; its last operation of the lane follows
--         Nothing was done for a status from 2 to 6.
-- Invariants  I1 I3 I4 I5 I7 I8: no limit is passed; an operation has one effect; a denied request changes no limit.
--         I6: no request makes the best-ranked waiter of a limit start later.
-- Order  What is read comes first, then the usual case: all have room and nobody waits. Redis runs a script's text from its first line at
--         each call, so what only the others need comes behind it: `contended.lua`.
-- Cost  One read per kind of key and one write per admitted limit, however many requests; O(log n) in the entries of a
--       window; at most 256 expired entries dropped, and 1,024 walked for a `retry at`, per window.
--
-- A permit's record, in the session's hash under `permit:<lane>.<operation>.<position>`, is JSON:
--   ["granted at", "hold until", 0 or {window: "stamp"} where it is not `granted at`, name, amount, name, amount, ...]
-- Times are texts: they go back to Redis as they are, and reading them as numbers would cost more than all the rest.
-- The caller sends the text from behind the third element on, so that names cost nothing here; an empty text keeps no
-- record: such a permit needs no settlement and cannot be given back. Only requests that need nothing but windows may.

-- include prelude

local WINDOW, BUDGET, CONCURRENCY = 1, 2, 3
local DECIDED, STALE, SUPERSEDED, NO_SESSION, OTHER_PERIOD, FORGOTTEN = 1, 2, 3, 4, 5, 6
local NO_ROOM, TOO_LARGE, BEHIND = 1, 2, 3
local RECOVERING_PAUSE_US = 50000 -- when to ask again while others have not told what they know

local prefix = string.sub(KEYS[1], 1, -6)
local session = ARGV[1]
local args = cmsgpack.unpack(ARGV[2])
local lane, operation, resent, not_after, remembered = args[1], args[2], args[3], args[4], args[5]
local lane_field = 'lane:' .. lane

-- 1. One time for the whole decision.
local epoch = call('HMGET', KEYS[1], 'id', 'last_us', 'recovering')
local now, is_behind = stamp_after(tonumber(epoch[2]) or 0)

local alive_until = tonumber(call('ZSCORE', KEYS[2], session) or 0)
if not epoch[1] or alive_until <= now then
  return cmsgpack.pack({ NO_SESSION, now })
end

-- 2. A lost reply, asked for again.
local last = call('HGET', KEYS[3], lane_field)
local last_operation, answer = 0, nil
if last then
  last_operation, answer = match(last, '^(%d+):(.*)$')
  last_operation = tonumber(last_operation)
  if last_operation == operation then
    return answer
  elseif last_operation > operation then
    return cmsgpack.pack({ SUPERSEDED, now })
  end
end
if last_operation < remembered then
  return cmsgpack.pack({ FORGOTTEN, now, last_operation })
end
if now > not_after then
  return cmsgpack.pack({ STALE, now })
end

-- 3. What is used, per limit. Reads first: a counter or log of another type gives its error before anything is written.
-- A batch may name hundreds of runs and tenants: what is done per limit is kept short.
local limits = args[6]
local limit, used = {}, {}
local windows, budgets, slots = {}, {}, {} -- positions of the limits of each kind
local counters, count = {}, 0 -- the keys of running totals, spent and held

local function kind_of(i)
  return args[5 * i + 2]
end

-- Of a window its length, of a budget the end of its period.
local function length_of(i)
  return args[5 * i + 4 + (kind_of(i) == BUDGET and 1 or 0)]
end

local function key_of(i)
  return KEYS[2 * i + 2]
end

-- A window's running total, what is held of a budget.
local function total_of(i)
  return KEYS[2 * i + 3]
end

for i = 1, limits do
  local at = 5 * i + 2
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

local expired, backlog, created, is_short = {}, {}, {}, {}
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

-- Expired entries leave: they would have left without this call. What has left for one call has left for all: the time of this
-- one is kept, so that a clock that is set back does not admit again what still counts then.
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
      used[i] = used[i] - gone
      if #entries == PRUNED then
        backlog[i] = call('ZCOUNT', key_of(i), '-inf', cutoff) > 0
      end
    end
  end
  -- An entry of now stays for a length and a quantum. Keys that are not there have no time to live: the first entry sets it. While the clock
  -- is behind, nothing leaves by its stamp: then a window that is full is empty when its keys expire.
  local left = call('PTTL', key_of(i))
  if left < length_of(i) / 1000 * (1 + 1 / QUANTA) + WINDOW_SLACK_MS then
    is_short[i] = true
    if left ~= -2 and not is_behind then
      keep_window(key_of(i), total_of(i), length_of(i))
    end
  end
end

-- The state was lost, and not all have told what they have admitted: what the others may have used counts as used.
local ask_again, expected, told = 0, 1, 1
if epoch[3] then
  local ends
  ends, expected, told = match(epoch[3], '^(%d+) (%d+) (%d+)$')
  if now < tonumber(ends) then
    ask_again = now + RECOVERING_PAUSE_US
  end
end

local function untold(i)
  return ask_again > 0 and limit[i] - floor(limit[i] * tonumber(told) / tonumber(expected)) or 0
end

for _, i in ipairs(windows) do
  used[i] = used[i] + untold(i)
end

-- Sessions that are over may hold some of the slots: they are ended first (`contended.lua`).
local has_dead = #slots > 0 and call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, 1)[1]
local function read_slots()
  for _, i in ipairs(slots) do
    used[i] = tonumber(call('HGET', key_of(i), 'total') or 0) + untold(i)
  end
end

if not has_dead then
  read_slots()
end

-- Who waits stands in a queue per limit. Nobody waits for money.
local names, queues = {}, {}
for i = 1, limits do
  local kind = kind_of(i)
  if kind ~= BUDGET then
    names[i] = string.sub(key_of(i), #prefix + (kind == WINDOW and 8 or 7)) -- behind `window:` and `slots:`
    queues[#queues + 1] = waiters_key(prefix, names[i])
  end
end
local has_queue = #queues > 0 and call('EXISTS', unpack(queues)) > 0

-- 4. Who is granted, with its number and its place, and what that adds to each limit. The usual case: nobody waits, and all have room.
local first_withdrawal = 5 * limits + 7
local first_request = first_withdrawal + 2 * args[first_withdrawal] + 2
local requests = args[first_request - 1]
local granted, added = {}, {}
local is_usual = not has_queue and not has_dead and args[first_withdrawal] == 0
local cursor = first_request
for r = 1, is_usual and requests or 0 do
  local past = cursor + 5 + 2 * args[cursor + 4]
  for pair = cursor + 5, past - 2, 2 do
    local i, amount = args[pair], args[pair + 1]
    added[i] = (added[i] or 0) + amount
    is_usual = is_usual and used[i] + added[i] <= limit[i]
  end
  granted[2 * r - 1], granted[2 * r] = r, cursor
  cursor = past
end

local answer_denied = nil -- what the others of the batch are told
if is_usual then
  for i, amount in pairs(added) do
    used[i] = used[i] + amount
  end
else
  granted, added = {}, {}
  -- include walk waiters abandon contended
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
      if is_short[i] then
        keep_window(key_of(i), total_of(i), length)
      end
    end
  end
  for _, i in ipairs(budgets) do
    local amount = added[i]
    if amount and amount > 0 then
      -- The time to live is set when the keys are made: of a period once, without a period whenever a third of it is over.
      local ends, keep = length_of(i), args[5 * i + 6]
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

-- 6. The answer.
local answers = { DECIDED, now, alive_until }
for i = 1, limits do
  answers[i + 3] = used[i]
end
if answer_denied then
  answer_denied(answers)
end
local answer = cmsgpack.pack(answers)

-- The records of the permits, and the answer, in case the reply is lost. A batch of which nothing was granted is remembered only if it was
-- sent more than once: then another copy may still arrive, and must find that the caller has its answer; or if calls went away:
-- then a late copy of what they had asked must not bring them back into the queue.
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
elseif resent == 1 or args[first_withdrawal] > 0 then
  call('HSET', KEYS[3], lane_field, operation_text .. ':' .. answer)
end
return answer
