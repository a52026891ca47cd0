#!lua flags=allow-oom
-- Settles permits: what each reserved is replaced by what was used. Each permit has one effect, whoever sends it and
-- however often: the first to come removes the permit's record.
--
-- KEYS  1 epoch   then session:<id> of each session whose permits are settled
-- ARGV  1 MessagePack, one flat array:
--         count of windows, then per window: name (`window:<limit>`), length (us); those to which usage may be added
--         count of permits, then per permit: position of its session in KEYS from 2 on, counted from 1; permit
--            (`<lane>.<operation>.<position>`); granted at (us); abandoned (0 | 1); count of amounts, then the amounts
--            used, in the order of the record: -1 = as reserved
--       2 the id of the state that the caller knows, or '' (it does not ask)
-- Returns MessagePack, one flat array: now (us), then per permit: 1 settled; 2 settled, after it had ended as abandoned;
--         0 unknown, or settled before; 3 refused: the record has another count of amounts
--         Only now (us), -1: the state is another one than the caller knows: nothing was done
-- Rules  window: less than reserved goes back to the entry of the reservation, or nowhere when that has left; more is a
--        new entry, stamped now. budget: held goes down by the reservation, spent up by what was used, in the period of
--        the reservation. concurrency: the slots are free. abandoned: charged as reserved, listed under `unsettled`.
-- Invariants  I3 I4 I5: nothing is charged twice, no sum is negative.
-- Cost  One HMGET and HDEL per session, three calls per window and stamp, two per budget, three per kind of slots.
--       It frees: it runs also when Redis is out of memory.

-- include prelude waiters abandon

local byte = string.byte
local prefix = string.sub(KEYS[1], 1, -6)
local args = cmsgpack.unpack(ARGV[1])
local SETTLED, SETTLED_LATE, GONE, REFUSED = 1, 2, 0, 3

local epoch = call('HMGET', KEYS[1], 'id', 'last_us')
local last = tonumber(epoch[2]) or 0
if ARGV[2] and ARGV[2] ~= '' and epoch[1] ~= ARGV[2] then
  return cmsgpack.pack({ stamp_after(last), -1 })
end

local lengths = {}
local cursor = 2
for _ = 1, args[1] do
  lengths[args[cursor]] = args[cursor + 1]
  cursor = cursor + 2
end

local function session_of(position)
  return string.sub(KEYS[position + 1], #prefix + 9)
end

-- The records, with one read per session.
local count = args[cursor]
local at, of_session = {}, {}
cursor = cursor + 1
for p = 1, count do
  at[p] = cursor
  local asked = of_session[args[cursor]] or { permits = {}, fields = {} }
  of_session[args[cursor]] = asked
  asked.permits[#asked.permits + 1] = p
  asked.fields[#asked.fields + 1] = 'permit:' .. args[cursor + 1]
  cursor = cursor + 5 + args[cursor + 4]
end
-- A permit that comes again in this batch has its record where it came first: `twin` says where.
local record, late, twin = {}, {}, {}
for position, asked in pairs(of_session) do
  local key, fields = KEYS[position + 1], asked.fields
  local found = call('HMGET', key, unpack(fields))
  local seen = {}
  for j, p in ipairs(asked.permits) do
    local field = fields[j]
    if seen[field] then
      twin[p] = seen[field]
    elseif found[j] then
      record[p] = found[j]
      seen[field] = p
    else
      -- Ended as abandoned? Then it stands in the list of its day.
      local list = prefix .. 'unsettled:' .. day_of(args[at[p] + 2])
      local name = session_of(position) .. '/' .. field
      local kept = call('HGET', list, name)
      if kept then
        record[p], late[p] = kept, { list, name }
        seen[field] = p
      end
    end
  end
end

-- What changes, summed per limit.
local refunds, excess, charges, slots = {}, {}, {}, {}
local done, settled_late, unsettled = {}, {}, {}
local status = {}

-- What one permit changes.
local function settle_permit(permit, first, abandoned, is_late)
  for j = 4, #permit, 2 do
    local name, reserved = permit[j], permit[j + 1]
    local used = reserved
    if not abandoned then
      local told = args[first + 5 + (j - 4) / 2]
      if told >= 0 then
        used = told
      end
    end
    local kind = byte(name)
    if kind == 98 then -- budget
      local charge = charges[name]
      if not charge then
        charge = { 0, 0 }
        charges[name] = charge
      end
      if is_late then
        charge[2] = charge[2] + used - reserved
      else
        charge[1], charge[2] = charge[1] + reserved, charge[2] + used
      end
    elseif kind == 119 then -- window
      if used < reserved then
        local stamp = permit[1]
        if permit[3] ~= 0 then
          stamp = permit[3][name] or stamp
        end
        local stamps = refunds[name] or {}
        refunds[name] = stamps
        stamps[stamp] = (stamps[stamp] or 0) + reserved - used
      elseif used > reserved then
        excess[name] = (excess[name] or 0) + used - reserved
      end
    elseif not is_late then -- slots
      local of = slots[args[first]] or {}
      slots[args[first]] = of
      of[name] = (of[name] or 0) + reserved
    end
  end
end

local function note_done(p)
  local session = args[at[p]]
  local fields = done[session] or {}
  done[session] = fields
  fields[#fields + 1] = 'permit:' .. args[at[p] + 1]
end

-- The answers are those of one after the other; what is abandoned and settled in one batch is settled.
local given_up = {}
for p = 1, count do
  local first = at[p]
  local amounts, abandoned = args[first + 4], args[first + 3] == 1
  local q = twin[p] or p
  if not record[q] or (abandoned and (late[q] or given_up[q])) then
    status[p] = GONE
  else
    local permit = cjson.decode(record[q])
    if abandoned then
      status[p] = SETTLED
      given_up[q] = permit
    elseif amounts ~= (#permit - 3) / 2 then
      status[p] = REFUSED
    else
      settle_permit(permit, first, false, late[q])
      if late[q] then
        settled_late[#settled_late + 1] = late[q]
      else
        note_done(p)
      end
      status[p] = (late[q] or given_up[q]) and SETTLED_LATE or SETTLED
      record[q], given_up[q] = nil, nil
    end
  end
end
for p, permit in pairs(given_up) do
  settle_permit(permit, at[p], true, false)
  note_done(p)
  local day = day_of(tonumber(permit[1]))
  local records = unsettled[day] or {}
  unsettled[day] = records
  records[#records + 1] = session_of(args[at[p]]) .. '/permit:' .. args[at[p] + 1]
  records[#records + 1] = record[p]
end

-- Everything that is written below can be: then a key of another type in the way leaves the permits as they are.
local sums = {}
for _, changed in ipairs({ refunds, excess }) do
  for name in pairs(changed) do
    must_be_readable('ZCARD', prefix .. name)
    sums[#sums + 1] = prefix .. name .. ':sum'
  end
end
local used = #sums > 0 and read_counters(sums)
for i, sum in ipairs(sums) do
  used[sum] = tonumber(used[i]) or 0
end
for _, of in pairs(slots) do
  for name in pairs(of) do
    must_be_readable('HLEN', prefix .. name)
  end
end
for day in pairs(unsettled) do
  must_be_readable('HLEN', prefix .. 'unsettled:' .. day)
end

local added, taken = budget_charges(prefix, charges)

-- One write per limit and stamp. The records go first: what a missing right stops half-way is not charged again by who tries once more.
for position, fields in pairs(done) do
  call('HDEL', KEYS[position + 1], unpack(fields))
end
for _, listed in ipairs(settled_late) do
  call('HDEL', listed[1], listed[2])
end
charge_budgets(added, taken)
keep_unsettled(prefix, unsettled)
for position, of in pairs(slots) do
  for name, amount in pairs(of) do
    release_slots(prefix .. name, session_of(position), amount)
  end
end
for name, stamps in pairs(refunds) do
  local log = prefix .. name
  for stamp, amount in pairs(stamps) do
    local sum = log .. ':sum'
    local taken = log_refund(log, sum, stamp, amount)
    used[sum] = used[sum] - taken
  end
end

local now = stamp_after(last)
if next(excess) then
  call('HSET', KEYS[1], 'last_us', int(now))
  for name, amount in pairs(excess) do
    local log = prefix .. name
    local length = lengths[name] or 31 * DAY_US
    local stamp = entry_stamp(now, call('ZCARD', log), length)
    -- More than can be counted is counted as the most.
    amount = math.min(amount, math.max(MOST - used[log .. ':sum'], 0))
    log_add(log, log .. ':sum', stamp, 'excess.' .. int(now), amount)
    keep_window(log, log .. ':sum', length)
  end
end

-- Whose turn it may be now.
local freed = {}
for name in pairs(refunds) do
  freed[limit_of(name)] = true
end
for _, of in pairs(slots) do
  for name in pairs(of) do
    freed[limit_of(name)] = true
  end
end
wake_all(prefix, freed, now)

local answer = { now }
for p = 1, count do
  answer[p + 1] = status[p]
end
return cmsgpack.pack(answer)
