#!lua flags=no-writes
-- Who waits for limits and who holds their slots, on all hosts, without changing anything: for people that look.
--
-- KEYS  1 epoch
-- ARGV  names of limits, as `window:<limit>` or `slots:<limit>`
-- Returns one flat array: now (us, text), then per limit: count of waiters, per waiter six: session; who it is; lane; rank (text); amount (text); when it
--         can start (us, text; 0 = unknown) and the calls behind it of the same lane, ` <rank> <amount>` each, in one text; then count of holders,
--         per holder three: session; who it is; slots
--         Slots that are no whole number are an error that names their key.
-- Cost  Two reads per waiter and holder, at most 256 of each per limit. Waiters that did not ask again in time are left out.

-- include prelude

local MOST = 256
local prefix = string.sub(KEYS[1], 1, -6)
local time = call('TIME')
local last = tonumber(call('HGET', KEYS[1], 'last_us') or 0) or 0
local now = math.max(tonumber(time[1]) * 1000000 + tonumber(time[2]), last)

local function who(session)
  return call('HGET', prefix .. 'session:' .. session, 'who') or ''
end

local answer = { int(now) }
local function tell(value)
  answer[#answer + 1] = value
end

for _, name in ipairs(ARGV) do
  local kind, limit = match(name, '^(%a+):(.*)$')
  local waiters = {}
  local ranked = call('ZRANGE', waiters_key(prefix, limit), 0, MOST - 1, 'WITHSCORES')
  for i = 1, #ranked, 2 do
    local session, lane = match(ranked[i], '^([^/]*)/(.*)$')
    local intent = call('HGET', prefix .. 'session:' .. session, 'intent:' .. lane .. '/' .. limit) or ''
    local amount, start, ends, followers = match(intent, '^(%d+) (%d+) %-?%d+ (%d+)(.*)$')
    if amount and tonumber(ends) > now then
      waiters[#waiters + 1] = { session, who(session), lane, ranked[i + 1], amount, start .. followers }
    end
  end
  tell(#waiters)
  for _, waiter in ipairs(waiters) do
    for _, value in ipairs(waiter) do
      tell(value)
    end
  end
  local holders = {}
  if kind == 'slots' then
    local held = call('HGETALL', prefix .. name)
    for i = 1, math.min(#held, 2 * MOST), 2 do
      if held[i] ~= 'total' then
        if not match(held[i + 1], '^%d+$') then
          refuse_counter(prefix .. name)
        end
        holders[#holders + 1] = { held[i], who(held[i]), held[i + 1] }
      end
    end
  end
  tell(#holders)
  for _, holder in ipairs(holders) do
    for _, value in ipairs(holder) do
      tell(value)
    end
  end
end
return answer
