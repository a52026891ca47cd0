-- Who waits, in the order of all hosts: for `include waiters`, behind the prelude.
--
-- `waiters:<limit>` ranks the calls that wait for a window or for slots: one entry per session and lane, its best; member
-- `<session>/<lane>`, score = rank. A lower rank is better: the time of arrival in us and 30 s per priority class, so a call
-- rises by a class each 30 s; class 1 is ahead of all others and nobody rises into it. What an entry waits for stands in the hash
-- of its session, so it goes with it:
--
--   intent:<lane>/<limit> = "<amount> <start> <slack> <until>[ <rank> <amount>]..."
--
--   start  when it can start, as far as is known, else 0
--   slack  what others may still take before that, without making it later; without a start it is what is left beside it now;
--          -1: nothing, until it has started, because a more urgent call has passed it
--   until  when it must have asked again, so that a waiter that has died holds up nobody
--   then the next calls of the lane that wait for this limit, at most 31, best first
--
-- Backfill (EASY): a call may pass the best-ranked waiter of a limit if at that waiter's start both fit.
--   D. Lifka, "The ANL/IBM SP scheduling system", 1995.
-- When that one can start now and has only not come yet, or its start is not known, a call must leave room for all better-ranked ones
-- that are known: so hosts that come at the same moment share the room in the order of the ranks, whoever asks first.

local FORGOTTEN_WAITERS = 16 -- entries without an intent that one look removes
local START_GRACE_US = 1000000 -- after its start, a waiter must have asked again
local ASK_AGAIN_US = 3000000 -- without a start, after the time that it was told
local QUEUE_LANES = 16 -- lanes of a queue whose calls are counted
local CLOSED = -1 -- the slack of a waiter that a more urgent call has passed
local SAME_TIME_US = 1000000 -- ranks that differ by less are of calls of one class that have come at about the same time
local SPREAD_US = 10000 -- what hosts asked for at the same time leaves a window within it,
local SPREAD_SHARE = 1000 -- or within that part of a short window
local FOLLOWERS = 31 -- calls of a lane that stand behind its best one
local WAITERS_TTL_MS = 2764800000 -- 32 days: no window is longer

local function intent_of(prefix, member, limit)
  local session, lane = match(member, '^([^/]*)/(.*)$')
  return prefix .. 'session:' .. session, 'intent:' .. lane .. '/' .. limit, session
end

local function write_intent(prefix, limit, waiter)
  local key, field = intent_of(prefix, waiter.member, limit)
  local text = format('%d %d %d %d', waiter.amount, waiter.start, waiter.slack, waiter.ends)
  call('HSET', key, field, text .. waiter.followers)
end

-- The best-ranked waiter of a limit, or nil. Those whose session is gone, or that did not ask again in time, leave.
local function best_waiter(prefix, limit, now)
  local waiters = waiters_key(prefix, limit)
  for _ = 1, FORGOTTEN_WAITERS do
    local first = call('ZRANGE', waiters, 0, 0, 'WITHSCORES')
    if not first[1] then
      return nil
    end
    local key, field, session = intent_of(prefix, first[1], limit)
    local intent = call('HGET', key, field) or ''
    local amount, start, slack, ends, followers = match(intent, '^(%d+) (%d+) (%-?%d+) (%d+)(.*)$')
    if amount and tonumber(ends) > now then
      return {
        member = first[1],
        session = session,
        rank = tonumber(first[2]),
        amount = tonumber(amount),
        start = tonumber(start),
        slack = tonumber(slack),
        ends = tonumber(ends),
        followers = followers,
      }
    end
    call('ZREM', waiters, first[1])
    call('HDEL', key, field)
  end
end

-- The calls that wait for a limit, best first, as far as is known: { { rank, amount }, ... }. Of one lane (`me`) those are left out whose
-- ranks are in a set: they are being decided.
local function queue_of(prefix, limit, now, me, decided)
  local queue = {}
  local lanes = call('ZRANGE', waiters_key(prefix, limit), 0, QUEUE_LANES - 1, 'WITHSCORES')
  for l = 1, #lanes, 2 do
    local member = lanes[l]
    local key, field = intent_of(prefix, member, limit)
    local amount, ends, followers = match(call('HGET', key, field) or '', '^(%d+) %d+ %-?%d+ (%d+)(.*)$')
    if amount and tonumber(ends) > now then
      local calls = lanes[l + 1] .. ' ' .. amount .. followers
      for rank, needed in string.gmatch(calls, '(%-?%d+) (%d+)') do
        rank = tonumber(rank)
        if member ~= me or not decided[rank] then
          queue[#queue + 1] = { rank, tonumber(needed) }
        end
      end
    end
  end
  table.sort(queue, function(a, b)
    return a[1] < b[1]
  end)
  return queue
end

-- Calls that wait for a limit: ascending ranks, and the sums of what is needed before each.
local function add_call(queue, rank, amount)
  local n = #queue.ranks
  queue.ranks[n + 1] = rank
  queue.before[n + 2] = queue.before[n + 1] + amount
end

local function new_queue()
  return { ranks = {}, before = { 0 } }
end

local function needed_in(queue, rank)
  local low, high = 1, #queue.ranks + 1
  while low < high do
    local middle = floor((low + high) / 2)
    if queue.ranks[middle] >= rank then
      high = middle
    else
      low = middle + 1
    end
  end
  return queue.before[low]
end

-- The rank of a session's own entry, if it stands.
local function rank_of(prefix, limit, member, now)
  local rank = tonumber(call('ZSCORE', waiters_key(prefix, limit), member) or nil)
  if rank then
    local key, field = intent_of(prefix, member, limit)
    local ends = tonumber(match(call('HGET', key, field) or '', '^%d+ %d+ %-?%d+ (%d+)'))
    return ends and ends > now and rank or nil
  end
end

local function leave_queue(prefix, limit, member)
  call('ZREM', waiters_key(prefix, limit), member)
  local key, field = intent_of(prefix, member, limit)
  call('HDEL', key, field)
end

local function join_queue(prefix, limit, waiter)
  local waiters = waiters_key(prefix, limit)
  call('ZADD', waiters, waiter.rank, waiter.member)
  call('PEXPIRE', waiters, WAITERS_TTL_MS)
  write_intent(prefix, limit, waiter)
end

local function wake(prefix, limits, now)
  local keys = {}
  for limit in pairs(limits) do
    keys[#keys + 1] = waiters_key(prefix, limit)
  end
  if #keys == 0 or call('EXISTS', unpack(keys)) == 0 then
    return
  end
  for limit in pairs(limits) do
    local waiter = best_waiter(prefix, limit, now)
    if waiter then
      call('PUBLISH', prefix .. 'wake:' .. waiter.session, limit)
    end
  end
end

-- Tells the processes of the best-ranked waiters of these limits (a set) that there may be room: one message to one process per
-- limit. It is a hint, sent when all is written: every waiter also asks again by itself, and an error here is nobody's.
local function wake_all(prefix, limits, now)
  pcall(wake, prefix, limits, now)
end
