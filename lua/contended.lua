-- The decision where somebody waits, or not all have room: a part of `acquire.lua`, whose names it uses.

if has_dead then
  reap(prefix, KEYS[2], now)
  read_slots()
end

-- Who waits for these limits: `heads` are the best-ranked ones of all hosts, later also of this batch. Nobody waits for money.
local me = session .. '/' .. lane
local heads, published, standing, to_wake, has_left = {}, {}, {}, {}, {}
cursor = first_withdrawal
for _ = 1, args[cursor] do
  local name, rank = args[cursor + 1], args[cursor + 2]
  if tonumber(call('ZSCORE', waiters_key(prefix, name), me) or nil) == rank then
    leave_queue(prefix, name, me)
    to_wake[name] = 0
  end
  cursor = cursor + 2
end
if has_queue then
  for i in pairs(names) do
    published[i] = best_waiter(prefix, names[i], now)
    heads[i] = published[i]
    standing[i] = heads[i] and rank_of(prefix, names[i], me, now)
  end
end

-- The requests in their order: all limits of one, or none, and none that makes the best-ranked waiter of a limit later.
local denied = {}
cursor = first_request
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

-- What of a limit is used now will have left by then, as far as is known: with what leaves hardly later, because hosts asked at the same time.
local function freed_by(i, time)
  if kind_of(i) ~= WINDOW then
    return 0
  end
  local cutoff = time - length_of(i) + math.min(SPREAD_US, floor(length_of(i) / SPREAD_SHARE))
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

-- A granted call takes of what others may take before a waiter starts. Once a more urgent one has, of a limit that has no room for the waiter
-- now, no other may any more: calls that use the room up would leave none for the urgent ones that come later, and each of those would make the
-- waiter later.
local function take_slack(waiter, rank, i, amount)
  if not waiter or waiter.start <= now or (waiter.member == me and waiter.rank == rank) then
    return
  end
  if kind_of(i) == WINDOW and now + length_of(i) > waiter.start then
    local is_more_urgent = waiter.rank - rank > SAME_TIME_US
    local is_full = used[i] + waiter.amount > limit[i]
    waiter.slack = is_more_urgent and is_full and CLOSED or math.max(waiter.slack - amount, 0)
    waiter.is_changed = true
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
      local stands = published[i]
      local is_closed = stands and stands.member == me and stands.rank == rank and stands.slack == CLOSED
      local left = start > 0 and freed_by(i, start) or 0
      local waiter = {
        member = me,
        rank = rank,
        amount = amount,
        start = start,
        slack = is_closed and CLOSED or math.max(limit[i] - used[i] + left - amount, 0),
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
  has_left[i] = true
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

-- Answers. `retry at` of a denied request: when all of its limits have room for it alone.

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

answer_denied = function(answers)
  if #granted > 0 then
    walks = {} -- the logs have grown
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
  -- The queue: who is denied and waits joins it; whose turn may have come is told.
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

  -- Of a window that is full, the next one is told when it cannot know when there will be room: it was behind the one that has left.
  local function cannot_know(i)
    local next_one = has_left[i] and kind_of(i) == WINDOW and best_waiter(prefix, names[i], now)
    return next_one and next_one.start <= now and next_one.member ~= me
  end
  for name, i in pairs(to_wake) do
    if i > 0 and used[i] >= limit[i] and not cannot_know(i) then
      to_wake[name] = nil
    end
  end
  wake_all(prefix, to_wake, now)
end
