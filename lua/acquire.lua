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
--         count of calls that waited and went away, then per call: limit that it waited for, its rank
--         count of requests, then per request: hold (us), record (text, see below), until when it waits (us, 0 = it is
--            decided once), rank, count of pairs, then pairs: position of a limit from 1, amount
-- Returns MessagePack, one flat array: status, now (us), and where the status is 1 (decided)
--         until when the session is alive (us); used, per limit, after the batch; then nothing if all are granted, else per request: 0 = granted, or
--         position of the limiting limit, reason (1 no room, 2 larger than the limit, 3 a better-ranked call waits for it),
--         retry at (us, 0 = never), exact (1, or 0: not before)
--         status 2: past `not after`   3: a later operation was here   4: the session is unknown or over
--         5: the period of a budget is not now; the position of the limit follows
--         Nothing was done for a status from 2 to 5.
-- Invariants  I1 I3 I4 I5 I7 I8: no limit is passed; an operation has one effect; a denied request changes no limit.
--         I6: no request makes the best-ranked waiter of a limit start later.
-- Cost  One read per kind of key and one write per admitted limit, however many requests; O(log n) in the entries of a
--       window; at most 256 expired entries dropped, and 1,024 walked for a `retry at`, per window.
--
-- A permit's record, in the session's hash under `permit:<lane>.<operation>.<position>`, is JSON:
--   ["granted at", "hold until", 0 or {window: "stamp"} where it is not `granted at`, name, amount, name, amount, ...]
-- Times are texts: they go back to Redis as they are, and reading them as numbers would cost more than all the rest.
-- The caller sends the text from behind the third element on, so that names cost nothing here; an empty text keeps no
-- record: such a permit needs no settlement and cannot be given back. Only requests that need nothing but windows may.

local WINDOW, BUDGET, CONCURRENCY = 1, 2, 3
local DECIDED, STALE, SUPERSEDED, NO_SESSION, OTHER_PERIOD = 1, 2, 3, 4, 5
local NO_ROOM, TOO_LARGE, BEHIND = 1, 2, 3
local RECOVERING_PAUSE_US = 50000 -- when to ask again while others have not told what they know

local prefix = string.sub(KEYS[1], 1, -6)
local session = ARGV[1]
local args = cmsgpack.unpack(ARGV[2])
local lane, operation, resent, not_after = args[1], args[2], args[3], args[4]
local lane_field = 'lane:' .. lane

-- 1. One time for the whole decision.
local epoch = call('HMGET', KEYS[1], 'id', 'last_us', 'recovering')
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

-- The state was lost, and not all have told what they have admitted: what the others may have used counts as used.
local ask_again = 0
if epoch[3] then
  local ends, expected, told = match(epoch[3], '^(%d+) (%d+) (%d+)$')
  if now < tonumber(ends) then
    ask_again = now + RECOVERING_PAUSE_US
    for i = 1, limits do
      if kind_of(i) ~= BUDGET then
        used[i] = used[i] + limit[i] - floor(limit[i] * tonumber(told) / tonumber(expected))
      end
    end
  end
end

-- Who waits for these limits: `heads` are the best-ranked ones of all hosts, later also of this batch. Nobody waits for money.
local me = session .. '/' .. lane
local names, heads, published, standing, to_wake = {}, {}, {}, {}, {}
local cursor = 5 * limits + 6
for _ = 1, args[cursor] do
  local name, rank = args[cursor + 1], args[cursor + 2]
  if tonumber(call('ZSCORE', waiters_key(prefix, name), me) or nil) == rank then
    leave_queue(prefix, name, me)
    to_wake[name] = 0
  end
  cursor = cursor + 2
end
cursor = cursor + 1
do
  local keys = {}
  for i = 1, limits do
    if kind_of(i) ~= BUDGET then
      names[i] = limit_of(string.sub(key_of(i), #prefix + 1))
      keys[#keys + 1] = waiters_key(prefix, names[i])
    end
  end
  if #keys > 0 and call('EXISTS', unpack(keys)) > 0 then
    for i in pairs(names) do
      published[i] = best_waiter(prefix, names[i], now)
      heads[i] = published[i]
      standing[i] = heads[i] and rank_of(prefix, names[i], me, now)
    end
  end
end

-- 4. The requests in their order: all limits of one, or none, and none that makes the best-ranked waiter of a limit later.
local requests = args[cursor]
local first_request = cursor + 1
cursor = cursor + 1
local added, answers, denied, granted = {}, {}, {}, {}
local walks = {}

-- When `need` units of a window will have left, and whether that is exact.
local function window_retry(i, need)
  local at, exact = when_freed(walk_of(walks, key_of(i), need, 0), need)
  if ask_again > 0 then
    return ask_again, 0
  elseif not at then
    return now, 0
  end
  return math.max(at + length_of(i), now), exact and not backlog[i] and 1 or 0
end

-- What of a limit is used now will have left by then, as far as is known.
local function freed_by(i, time)
  if kind_of(i) ~= WINDOW then
    return 0
  end
  local cutoff = time - length_of(i)
  return freed_until(walk_of(walks, key_of(i), 0, cutoff), cutoff)
end

-- What is needed of a limit by all calls that wait and are better than a rank: those of other lanes, and those of this batch.
local others, own, decided = {}, {}, nil

local function needed_before(i, rank)
  if not decided then
    decided = {}
    local at = first_request
    for _ = 1, requests do
      decided[args[at + 3]] = true
      at = at + 5 + 2 * args[at + 4]
    end
  end
  if not others[i] then
    others[i] = new_queue()
    for _, waiter in ipairs(queue_of(prefix, names[i], now, me, decided)) do
      add_call(others[i], waiter[1], waiter[2])
    end
  end
  return needed_in(others[i], rank) + (own[i] and needed_in(own[i], rank) or 0)
end

-- Whether an amount of a limit makes a better-ranked waiter later.
local function delays(head, i, amount, rank)
  if head.start <= now then
    return used[i] + amount + needed_before(i, rank) > limit[i]
  end
  -- Slots come back, nobody knows when: one for it stays free, however often the others are taken and given back.
  if kind_of(i) == CONCURRENCY then
    return used[i] + amount + head.amount > limit[i]
  end
  -- What leaves before it starts is not in its way.
  if kind_of(i) == WINDOW and now + length_of(i) <= head.start then
    return false
  end
  return amount > head.slack
end

local function take_slack(waiter, rank, i, amount)
  if waiter and waiter.rank < rank and waiter.start > now then
    if kind_of(i) == WINDOW and now + length_of(i) > waiter.start then
      waiter.slack = waiter.slack - amount
      waiter.is_changed = true
    end
  end
end

-- A denied request that waits: when it can start, and what others may take until then. `mine` is what this lane tells the other
-- hosts: its best request per limit.
local mine = {}

local function wait_for(first, past, waits_until, rank)
  local start, is_known = now, true
  for pair = first, past - 2, 2 do
    local i, amount = args[pair], args[pair + 1]
    local need = used[i] + amount - limit[i]
    if amount > limit[i] or (kind_of(i) == BUDGET and need > 0) then
      return -- it will not wait
    end
    local head = heads[i]
    local time = 0
    if need > 0 and kind_of(i) == WINDOW then
      time = window_retry(i, need)
    elseif need > 0 then
      is_known = false
    elseif head and head.rank < rank and delays(head, i, amount, rank) then
      time = head.start
      is_known = is_known and time > now
    end
    start = math.max(start, time)
  end
  if start > waits_until then
    return -- it will not wait that long
  end
  local asks_again = start + ASK_AGAIN_US
  if not is_known or start <= now then
    start = 0
  end
  for pair = first, past - 2, 2 do
    local i, amount = args[pair], args[pair + 1]
    if kind_of(i) ~= BUDGET then
      local waiter = {
        member = me,
        rank = rank,
        amount = amount,
        start = start,
        slack = limit[i] - used[i] + (start > 0 and freed_by(i, start) or 0) - amount,
        ends = start > 0 and start + START_GRACE_US or asks_again,
        followers = '',
        count = 0,
      }
      own[i] = own[i] or new_queue()
      add_call(own[i], rank, amount)
      if not mine[i] then
        mine[i] = waiter
      elseif mine[i].count < FOLLOWERS then
        mine[i].count = mine[i].count + 1
        mine[i].followers = mine[i].followers .. format(' %d %d', rank, amount)
      end
      if not heads[i] or heads[i].rank >= rank then
        heads[i] = waiter
      end
    end
  end
end

-- A request that stood in the queue waits no longer: it leaves, and the next one is the best.
local function leave(i)
  leave_queue(prefix, names[i], me)
  to_wake[names[i]] = i
  standing[i] = nil
  if published[i].member == me then
    local is_head = heads[i] == published[i]
    published[i] = best_waiter(prefix, names[i], now)
    if is_head then
      heads[i] = published[i]
    end
  end
end

for r = 1, requests do
  local first = cursor + 5
  local past = first + 2 * args[cursor + 4]
  local rank = args[cursor + 3]
  local fits = true
  local at = first
  while at < past do
    local i, amount = args[at], args[at + 1]
    local head = heads[i]
    if used[i] + amount > limit[i] or (head and head.rank < rank and delays(head, i, amount, rank)) then
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
    if next(heads) then
      for pair = first, past - 2, 2 do
        local i, amount = args[pair], args[pair + 1]
        take_slack(heads[i], rank, i, amount)
        if mine[i] ~= heads[i] then
          take_slack(mine[i], rank, i, amount)
        end
        if standing[i] == rank then
          leave(i)
        end
      end
    end
  else
    for back = first, at - 1, 2 do
      local i, amount = args[back], args[back + 1]
      used[i] = used[i] - amount
      added[i] = added[i] - amount
    end
    denied[r] = cursor
    if args[cursor + 2] > 0 then
      wait_for(first, past, args[cursor + 2], rank)
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
  walks = {} -- the logs have grown
end

-- 6. Answers. `retry at` of a denied request: when all of its limits have room for it alone.

-- The limit that holds a request up the longest, why, until when, and whether that is exact.
local function explain(at)
  local limiting, reason, retry_at, exact = 0, NO_ROOM, now, 1
  local behind, behind_until = 0, now
  local rank = args[at + 3]
  local past = at + 5 + 2 * args[at + 4]
  for pair = at + 5, past - 2, 2 do
    local i, amount = args[pair], args[pair + 1]
    if amount > limit[i] then
      return i, TOO_LARGE, 0, 1
    end
  end
  for pair = at + 5, past - 2, 2 do
    local i, amount = args[pair], args[pair + 1]
    local need = used[i] + amount - limit[i]
    local head = heads[i]
    if need > 0 then
      local time, is_exact = now, 0
      if kind_of(i) == WINDOW then
        time, is_exact = window_retry(i, need)
      elseif kind_of(i) == BUDGET then
        time, is_exact = length_of(i), 1
        if time == 0 then
          return i, NO_ROOM, 0, 1
        end
      end
      if is_exact == 0 then
        exact = 0
      end
      if limiting == 0 or time > retry_at then
        limiting, retry_at = i, time
      end
    end
    if head and head.rank < rank and delays(head, i, amount, rank) and (behind == 0 or head.start > behind_until) then
      behind, behind_until = i, math.max(head.start, now)
    end
  end
  -- It would pass a better-ranked one when its own time comes.
  if behind > 0 and (limiting == 0 or behind_until > retry_at) then
    -- Nothing is known to be in its way, and it has not come: it may not know.
    if behind_until == now then
      to_wake[names[behind]] = behind
    end
    return behind, BEHIND, behind_until, 0
  end
  -- Nothing is in its way any more: who was, another request of this batch, has given up. It may ask again at once.
  if limiting == 0 then
    limiting = args[at + 5]
  end
  return limiting, reason, retry_at, exact
end

-- A denied request that will not wait as long as that, or for money: it does not stand in the queue.
local function give_up(at)
  local rank = args[at + 3]
  for pair = at + 5, at + 3 + 2 * args[at + 4], 2 do
    local i = args[pair]
    if mine[i] and mine[i].rank == rank then
      mine[i] = nil
    end
    if standing[i] == rank then
      leave(i)
    end
  end
end

answers[1], answers[2], answers[3] = DECIDED, now, alive_until
for i = 1, limits do
  answers[i + 3] = used[i]
end
local next_answer = limits + 4
for r = 1, next(denied) and requests or 0 do
  local at = denied[r]
  if at then
    local limiting, reason, retry_at, exact = explain(at)
    if args[at + 2] > 0 and (retry_at == 0 or retry_at > args[at + 2] or kind_of(limiting) == BUDGET) then
      give_up(at)
    end
    answers[next_answer], answers[next_answer + 1] = limiting, reason
    answers[next_answer + 2], answers[next_answer + 3] = retry_at, exact
    next_answer = next_answer + 4
  else
    answers[next_answer] = 0
    next_answer = next_answer + 1
  end
end
-- 7. The queue: who is denied and waits joins it; whose turn may have come is told.
for i, head in pairs(published) do
  if head.is_changed then
    write_intent(prefix, names[i], head)
  end
end
for i, waiter in pairs(mine) do
  if not standing[i] or standing[i] >= waiter.rank then
    join_queue(prefix, names[i], waiter)
  end
end

local answer = cmsgpack.pack(answers)
for name, i in pairs(to_wake) do
  if i > 0 and used[i] >= limit[i] then
    to_wake[name] = nil
  end
end
wake_all(prefix, to_wake, now)

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
