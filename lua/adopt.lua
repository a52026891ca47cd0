#!lua
-- Gives permits to another session: a worker whose process to Redis died has come to another one, and still holds them.
--
-- KEYS  1 epoch   2 sessions   3 session:<id> of the new holder
-- ARGV  1 the new holder's id, then per permit two: the session that it was granted to; its name there
-- Returns { status, now (us, text), then per permit two: code; its record, or an empty text }
--         status 1; 0 = the new holder is unknown or over: nothing was done
--         code 1 = it is the new holder's; 3 = it was granted to it and never left it; 2 = it has ended as abandoned: its slots are free, a late settlement still counts;
--         0 = unknown, or settled
-- Rules  The record moves to the new holder under `permit:<first session>/<name>`, its slots with it; windows and budgets know no
--        holder. `adopted:<first session>/<name>` says where it is, for who asks by the permit's id.
-- Invariants  I4: no slot more or less. I5: what the new holder has already stays; a record is in one place.
-- Cost  One or two reads per permit, up to twelve for one that is not held; four writes and three per kind of slots.

-- include prelude

local prefix = string.sub(KEYS[1], 1, -6)
local holder = ARGV[1]
local LISTED_DAYS = 10 -- of which permits that ended as abandoned are still listed, and tomorrow: a clock may have been set back

local now = stamp_after(tonumber(call('HGET', KEYS[1], 'last_us') or 0) or 0)
if tonumber(call('ZSCORE', KEYS[2], holder) or 0) <= now then
  return { 0, int(now) }
end

local function is_listed(names)
  local tomorrow = floor(now / DAY_US) + 1
  for day = tomorrow, tomorrow - LISTED_DAYS, -1 do
    local found = call('HMGET', prefix .. 'unsettled:' .. int(day), unpack(names))
    if found[1] or found[2] then
      return true
    end
  end
  return false
end

local answer, moves, seen = { 1, int(now) }, {}, {}
for i = 2, #ARGV, 2 do
  local first, name = ARGV[i], ARGV[i + 1]
  local id = first .. '/' .. name
  local owner, field = first, 'permit:' .. name
  local names = { owner .. '/' .. field }
  local record = call('HGET', prefix .. 'session:' .. owner, field)
  if not record then
    local later = call('GET', prefix .. 'adopted:' .. id)
    if later then
      owner, field = later, 'permit:' .. id
      names[2] = owner .. '/' .. field
      record = call('HGET', prefix .. 'session:' .. owner, field)
    end
  end
  local code = record and 1 or is_listed(names) and 2 or 0
  if record and owner == holder and field == 'permit:' .. name then
    code = 3
  end
  answer[#answer + 1] = code
  answer[#answer + 1] = record or ''
  if record and owner ~= holder and not seen[id] then
    seen[id] = true
    moves[#moves + 1] = { id = id, owner = owner, field = field, record = record, permit = cjson.decode(record) }
  end
end

-- Whatever may be in the way is found before the first write.
must_be_readable('HLEN', KEYS[3])
for _, move in ipairs(moves) do
  for j = 4, #move.permit, 2 do
    if string.byte(move.permit[j]) == 115 then -- slots
      must_be_readable('HLEN', prefix .. move.permit[j])
    end
  end
end

for _, move in ipairs(moves) do
  call('HSET', KEYS[3], 'permit:' .. move.id, move.record)
  call('HDEL', prefix .. 'session:' .. move.owner, move.field)
  call('SET', prefix .. 'adopted:' .. move.id, holder, 'PX', UNSETTLED_TTL_MS)
  for j = 4, #move.permit, 2 do
    if string.byte(move.permit[j]) == 115 then
      local slots = prefix .. move.permit[j]
      local theirs = whole(call('HGET', slots, move.owner))
      local moved = math.min(theirs, move.permit[j + 1])
      if moved > 0 then
        if moved == theirs then
          call('HDEL', slots, move.owner)
        else
          call('HINCRBY', slots, move.owner, -moved)
        end
        call('HINCRBY', slots, holder, moved)
      end
    end
  end
end
return answer
