#!lua flags=allow-oom
-- A process tells what Redis does not know: what it has admitted by itself while Redis was away, or all that it holds and has
-- admitted lately when the state was lost.
--
-- KEYS  1 epoch   2 sessions   3 session:<id>
-- ARGV  1 the session's id
--       2 MessagePack, one flat array: number of this part (ascending in the session), last part after lost state (0 | 1),
--         count of windows, then per window: name (`window:<limit>`), length (us), count of entries, then pairs: stamp (us), amount
--         count of budgets, then per budget: name (`budget:<limit>:<period>`), end of its period (us, 0 = none), time to keep after its
--            end (ms), used as far as is known (0 = it is only to be there)
--         count of permits, then per permit: its name in this session, its id where another session was granted it (else ''), record
-- Returns { status, now (us, text) }   1 = known now; 0 = the session is unknown or over: nothing was done
-- Rules  What is there already stays: a part is known once, a permit's record is written once. An entry keeps its stamp, or gets the
--        next free one: it counts a little longer. A budget's `spent` is at least what the process last knew. When the state was lost,
--        admission is reduced to the share of the processes that have told (`recovering`), until all have or the time is over.
-- Invariants  I4 I5: no slot, amount or permit is counted twice, however often this is sent.
-- Cost  Two calls per entry, four per budget, three per permit and limit.

-- include prelude

local prefix = string.sub(KEYS[1], 1, -6)
local session = ARGV[1]
local args = cmsgpack.unpack(ARGV[2])
local number, is_last = args[1], args[2] == 1

local epoch = call('HMGET', KEYS[1], 'id', 'last_us', 'recovering')
local now = stamp_after(tonumber(epoch[2]) or 0)
if not epoch[1] or tonumber(call('ZSCORE', KEYS[2], session) or 0) <= now then
  return { 0, int(now) }
end
if whole(call('HGET', KEYS[3], 'announced')) >= number then
  return { 1, int(now) }
end

-- Reads first: whatever is in the way is an error before anything is written.
local cursor = 4
local windows, budgets, permits, counters = {}, {}, {}, {}
for w = 1, args[3] do
  local window = { log = prefix .. args[cursor], length = args[cursor + 1], entries = {} }
  local count = args[cursor + 2]
  cursor = cursor + 3
  for e = 1, count do
    window.entries[e] = { args[cursor], args[cursor + 1] }
    cursor = cursor + 2
  end
  must_be_readable('ZCARD', window.log)
  counters[#counters + 1] = window.log .. ':sum'
  windows[w] = window
end
local count = args[cursor]
cursor = cursor + 1
for b = 1, count do
  budgets[b] = { key = prefix .. args[cursor], ends = args[cursor + 1], keep = args[cursor + 2], used = args[cursor + 3] }
  counters[#counters + 1] = budgets[b].key
  counters[#counters + 1] = budgets[b].key .. ':held'
  cursor = cursor + 4
end
count = args[cursor]
cursor = cursor + 1
for _ = 1, count do
  local field = 'permit:' .. args[cursor]
  if not call('HGET', KEYS[3], field) then
    local record = args[cursor + 2]
    local permit = cjson.decode(record)
    permits[#permits + 1] = { field = field, id = args[cursor + 1], record = record, permit = permit }
    for j = 4, #permit, 2 do
      if string.byte(permit[j]) == 115 then -- slots
        must_be_readable('HLEN', prefix .. permit[j])
      end
    end
  end
  cursor = cursor + 3
end
if #counters > 0 then
  read_counters(counters)
end

local last = now
for w, window in ipairs(windows) do
  for e, entry in ipairs(window.entries) do
    local stamp = math.min(entry[1], now)
    stamp = stamp + 1 - stamp % 2
    if stamp > now - window.length then
      while call('ZCOUNT', window.log, int(stamp), int(stamp)) > 0 do
        stamp = stamp + 2
      end
      last = math.max(last, stamp)
      local name = session .. '.again.' .. int(number) .. '.' .. int(w) .. '.' .. int(e)
      log_add(window.log, window.log .. ':sum', stamp, name, entry[2])
    end
  end
  if call('EXISTS', window.log) == 1 then
    keep_window(window.log, window.log .. ':sum', window.length)
  end
end
for _, budget in ipairs(budgets) do
  local ttl = int(math.max(floor((budget.ends - now) / 1000), 0) + budget.keep)
  call('SET', budget.key, 0, 'PX', ttl, 'NX')
  call('SET', budget.key .. ':held', 0, 'PX', ttl, 'NX')
  local missing = budget.used - whole(call('GET', budget.key))
  if missing > 0 then
    call('INCRBY', budget.key, int(missing))
  end
end
for _, told in ipairs(permits) do
  call('HSET', KEYS[3], told.field, told.record)
  if told.id ~= '' then
    call('SET', prefix .. 'adopted:' .. told.id, session, 'PX', UNSETTLED_TTL_MS)
  end
  for j = 4, #told.permit, 2 do
    local name, amount = told.permit[j], told.permit[j + 1]
    local kind = string.byte(name)
    if kind == 98 then -- budget
      call('INCRBY', prefix .. name .. ':held', int(amount))
    elseif kind == 115 then
      call('HINCRBY', prefix .. name, session, amount)
      call('HINCRBY', prefix .. name, 'total', amount)
    end
  end
end
call('HSET', KEYS[3], 'announced', int(number))
call('HSET', KEYS[1], 'last_us', int(last))
if is_last and epoch[3] then
  local ends, expected, told = match(epoch[3], '^(%d+) (%d+) (%d+)$')
  if tonumber(told) + 1 >= tonumber(expected) then
    call('HDEL', KEYS[1], 'recovering')
  else
    call('HSET', KEYS[1], 'recovering', ends .. ' ' .. expected .. ' ' .. int(tonumber(told) + 1))
  end
end
return { 1, int(now) }
