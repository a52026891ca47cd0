#!lua
-- A provider has said what is left of its windows, or has refused a call that was admitted: what it admits is less than we think.
--
-- KEYS  1 epoch   then per window three: log, sum, observed:<limit>
-- ARGV  1 MessagePack, one flat array: count of windows, then per window: length (us); allowed; granted at (us) of the call that was answered;
--         used after that grant; what is left, as the provider says, or -1: it refused the call; after how long its window is whole (us)
-- Returns per window how much of it was taken away from us
-- Rules  What is left is compared with what was left for us after that call, less what was granted since: what is missing, others use. It
--        is an entry in the log that leaves when the provider's window is whole, at the latest after ours. A refusal takes three tenths of
--        the window, which come back tenth by tenth in the window after the next one. Never gives anything. A call that was granted before the
--        last observation took something says nothing new.
-- Invariant  I1: what is taken away counts as used.
-- Cost  One range of what was granted since, per window; at most 4,096 entries, or nothing is done.

-- include prelude

local SINCE = 4096
local TENTHS = 3
local STEPS = 10
local fields = 6

local args = cmsgpack.unpack(ARGV[1])
local count = args[1]
local now = stamp_after(tonumber(call('HGET', KEYS[1], 'last_us') or 0) or 0)

local function even(stamp)
  return stamp - stamp % 2
end

local taken, entries = {}, {}
for i = 1, count do
  local at = fields * (i - 1) + 1
  local length, allowed, granted_at, used, left, reset = unpack(args, at + 1, at + fields)
  local log, sum, observed = KEYS[3 * i - 1], KEYS[3 * i], KEYS[3 * i + 1]
  must_be_readable('ZCARD', log)
  read_counters({ sum, observed })
  taken[i], entries[i] = 0, {}
  local last = whole(call('GET', observed))
  if granted_at > last and left < 0 then
    local amount = floor(allowed * TENTHS / 10)
    taken[i] = amount
    for step = 0, STEPS - 1 do
      local part = floor(amount * (step + 1) / STEPS) - floor(amount * step / STEPS)
      if part > 0 then
        entries[i][#entries[i] + 1] = { even(now + floor(length * step / STEPS)) + 2, part }
      end
    end
  elseif granted_at > last then
    local since = call('ZRANGEBYSCORE', log, '(' .. int(granted_at), '+inf', 'LIMIT', 0, SINCE + 1)
    local granted = 0
    for _, member in ipairs(since) do
      granted = granted + amount_of(member)
    end
    local missing = math.min(allowed - used - granted - left, allowed)
    if #since <= SINCE and missing > 0 then
      taken[i] = missing
      local stay = length
      if reset > 0 and reset < length then
        stay = reset
      end
      entries[i][1] = { even(now - length + stay) + 2, missing }
    end
  end
end

for i = 1, count do
  local length = args[fields * (i - 1) + 2]
  local log, sum, observed = KEYS[3 * i - 1], KEYS[3 * i], KEYS[3 * i + 1]
  for _, entry in ipairs(entries[i]) do
    log_add(log, sum, entry[1], 'observed.' .. int(now), entry[2])
  end
  if taken[i] > 0 then
    keep_window(log, sum, length)
    call('SET', observed, int(now), 'PX', floor(length / 1000) + WINDOW_SLACK_MS)
    call('HSET', KEYS[1], 'last_us', int(now))
  end
end
return taken
