#!lua
-- Adds to what all workers of a domain have counted, and tells what that was lately.
--
-- KEYS  1 epoch
-- ARGV  1 fallbacks per mille of the calls that are too many (0: nobody asks)   2 calls below which their share says nothing
--       then pairs: what was counted; how much more of it
-- Returns { alert, then pairs: what was counted; how much of it, in this minute and the five before it }
--         alert: 0 = none; 1 = too many calls fall back, and somebody was told; 2 = too many: tell it; 3 = no more: tell it
-- Rules  Of one thing at most 2^53 - 1 are counted in a minute. One of those that ask is told 2, and 3: so it is told once, however many they are. It is over when the share is a fifth
--        below; an alert that nobody asks for any more is forgotten after five minutes.
-- Cost  One write per thing that was counted, six reads.

-- include prelude

local MINUTE_US = 60000000
local MINUTES = 5
local KEEP_MS = 1200000
local ALERT_MS = 300000
local NONE, GOES_ON, BEGINS, ENDS = 0, 1, 2, 3

local prefix = string.sub(KEYS[1], 1, -6)
local too_many, least = tonumber(ARGV[1]), tonumber(ARGV[2])
local now = stamp_after(tonumber(call('HGET', KEYS[1], 'last_us') or 0) or 0)
local minute = floor(now / MINUTE_US)
local alert_key = prefix .. 'fleet:alert'

local function key_of(m)
  return prefix .. 'fleet:' .. int(m)
end

must_be_readable('GET', alert_key)
local sums, names, minutes = {}, {}, {}
local function add(name, amount)
  if not sums[name] then
    names[#names + 1] = name
  end
  sums[name] = (sums[name] or 0) + amount
end
for m = minute - MINUTES, minute do
  local found = call('HGETALL', key_of(m))
  for i = 1, #found, 2 do
    local counted = whole(found[i + 1])
    add(found[i], counted)
    minutes[found[i]] = m == minute and counted or nil
  end
end
local more = {}
for i = 3, #ARGV, 2 do
  more[i] = math.min(tonumber(ARGV[i + 1]), MOST - (minutes[ARGV[i]] or 0))
  add(ARGV[i], more[i])
end

if #ARGV > 2 then
  local key = key_of(minute)
  for i = 3, #ARGV, 2 do
    call('HINCRBY', key, ARGV[i], int(more[i]))
  end
  call('PEXPIRE', key, KEEP_MS)
end

local alert = NONE
if too_many > 0 then
  local calls, fallbacks = sums['calls'] or 0, sums['fallbacks'] or 0
  local is_told = call('GET', alert_key)
  if calls >= least and fallbacks * 1000 > too_many * calls then
    alert = is_told and GOES_ON or BEGINS
    call('SET', alert_key, int(fallbacks) .. ' of ' .. int(calls), 'PX', ALERT_MS)
  elseif is_told then
    if fallbacks * 1250 > too_many * calls then
      alert = GOES_ON
    else
      alert = ENDS
      call('UNLINK', alert_key)
    end
  end
end

local answer = { alert }
for _, name in ipairs(names) do
  answer[#answer + 1] = name
  answer[#answer + 1] = int(sums[name])
end
return answer
