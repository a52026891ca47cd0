-- The end of permits that nobody has settled, and of sessions: for `include abandon`, behind the waiters.

-- Keeps the records of abandoned permits, so that they can be listed, and corrected by a late settlement.
-- `records` is { field, record, field, record, ... } by day of the grant.
local function keep_unsettled(prefix, by_day)
  for day, records in pairs(by_day) do
    local key = prefix .. 'unsettled:' .. day
    call('HSET', key, unpack(records))
    call('PEXPIRE', key, UNSETTLED_TTL_MS)
  end
end

local function day_of(stamp)
  return int(floor(stamp / DAY_US))
end

-- Ends permits of one session as abandoned: slots are free, budgets are charged at the reservation, windows keep theirs.
-- At most about `most` permits; returns how many ended, whether none is left, and the limits that have free slots now (a set).
local function abandon_session(prefix, session, most)
  local key = prefix .. 'session:' .. session
  local fields, charges, slots, by_day = {}, {}, {}, {}
  local cursor = '0'
  repeat
    local page = call('HSCAN', key, cursor, 'MATCH', 'permit:*', 'COUNT', most)
    cursor = page[1]
    for i = 1, #page[2], 2 do
      local field, record = page[2][i], page[2][i + 1]
      fields[#fields + 1] = field
      local permit = cjson.decode(record)
      local day = day_of(tonumber(permit[1]))
      local records = by_day[day] or {}
      by_day[day] = records
      records[#records + 1] = session .. '/' .. field
      records[#records + 1] = record
      for j = 4, #permit, 2 do
        local name, reserved = permit[j], permit[j + 1]
        local kind = string.byte(name)
        if kind == 98 then -- budget
          local charge = charges[name] or { 0, 0 }
          charges[name] = charge
          charge[1] = charge[1] + reserved
          charge[2] = charge[2] + reserved
        elseif kind == 115 then -- slots
          slots[name] = (slots[name] or 0) + reserved
        end
      end
    end
  until cursor == '0' or #fields >= most
  for name in pairs(slots) do
    must_be_readable('HLEN', prefix .. name)
  end
  for day in pairs(by_day) do
    must_be_readable('HLEN', prefix .. 'unsettled:' .. day)
  end
  local added, taken = budget_charges(prefix, charges)
  -- The records go first, as in `settle.lua`.
  for first = 1, #fields, 1000 do
    call('HDEL', key, unpack(fields, first, math.min(first + 999, #fields)))
  end
  charge_budgets(added, taken)
  local freed = {}
  for name, amount in pairs(slots) do
    release_slots(prefix .. name, session, amount)
    freed[limit_of(name)] = true
  end
  keep_unsettled(prefix, by_day)
  return #fields, cursor == '0', freed
end

-- A session that ends leaves the queues in which it stands, about `most` of them; `left` gets their limits. Returns how many, and whether none is left.
-- A lane and a limit may have slashes in their names, so the ways to part them are tried.
local function leave_queues(prefix, session, most, left)
  local key = prefix .. 'session:' .. session
  local fields = {}
  local cursor = '0'
  repeat
    local page = call('HSCAN', key, cursor, 'MATCH', 'intent:*', 'COUNT', most)
    cursor = page[1]
    for i = 1, #page[2], 2 do
      fields[#fields + 1] = page[2][i]
    end
  until cursor == '0' or #fields >= most
  for _, field in ipairs(fields) do
    local place = match(field, '^intent:(.*)$')
    local slash = string.find(place, '/', 1, true)
    for _ = 1, LANE_PARTS do
      if not slash then
        break
      end
      local limit = string.sub(place, slash + 1)
      local member = session .. '/' .. string.sub(place, 1, slash - 1)
      if redis.pcall('ZREM', waiters_key(prefix, limit), member) == 1 then
        left[limit] = true
      end
      slash = string.find(place, '/', slash + 1, true)
    end
  end
  for first = 1, #fields, 1000 do
    call('HDEL', key, unpack(fields, first, math.min(first + 999, #fields)))
  end
  return #fields, cursor == '0'
end

-- Ends a session, within bounds; tells who is next for what it had. Returns how many of its permits and places in queues have ended, and whether
-- it is gone.
local function end_session(prefix, sessions, session, now)
  local ended, complete, left = abandon_session(prefix, session, REAPED_PERMITS)
  if complete then
    local places
    places, complete = leave_queues(prefix, session, REAPED_PERMITS, left)
    ended = ended + places
  end
  if complete then
    call('ZREM', sessions, session)
    call('UNLINK', prefix .. 'session:' .. session)
  end
  wake_all(prefix, left, now)
  return ended, complete
end

-- Ends sessions whose time is over, oldest first, within bounds; what is left is the next call's. A key in the way of one
-- session is not everybody's trouble: that session is over, changes nothing yet, and is looked at again after the others.
local function reap(prefix, sessions, now)
  local dead = call('ZRANGEBYSCORE', sessions, '-inf', now, 'LIMIT', 0, REAPED_SESSIONS)
  local ended = 0
  for _, session in ipairs(dead) do
    if ended >= REAPED_PERMITS then
      break
    end
    local could, count = pcall(end_session, prefix, sessions, session, now)
    if could then
      ended = ended + count
    else
      call('ZADD', sessions, now, session)
    end
  end
end
