#!lua flags=no-writes
-- The processes of a domain and what they hold, without changing anything: for people that look.
--
-- KEYS  1 epoch   2 sessions
-- ARGV  1 permits to list, at most
-- Returns one flat array: now (us, text); count of sessions, per session five: id; alive until (us, text); who it is; opened at (us, text); permits; then
--         count of listed permits, per permit three: session; its name there, `<lane>.<operation>.<position>`, or its whole id if it was adopted; its record
-- Cost  One read per session, at most 1,000, that brings its whole hash.

local SESSIONS = 1000
local call = redis.call
local prefix = string.sub(KEYS[1], 1, -6)
local most = tonumber(ARGV[1])
local time = call('TIME')
local last = tonumber(call('HGET', KEYS[1], 'last_us') or 0) or 0
local now = math.max(tonumber(time[1]) * 1000000 + tonumber(time[2]), last)

local answer, listed = { string.format('%d', now) }, {}
local sessions = call('ZRANGE', KEYS[2], 0, SESSIONS - 1, 'WITHSCORES')
answer[2] = #sessions / 2
for i = 1, #sessions, 2 do
  local id = sessions[i]
  local fields = call('HGETALL', prefix .. 'session:' .. id)
  local who, opened, permits = '', '0', 0
  for f = 1, #fields, 2 do
    local name, value = fields[f], fields[f + 1]
    if name == 'who' then
      who = value
    elseif name == 'opened_us' then
      opened = value
    elseif string.sub(name, 1, 7) == 'permit:' then
      permits = permits + 1
      if #listed < 3 * most then
        listed[#listed + 1] = id
        listed[#listed + 1] = string.sub(name, 8)
        listed[#listed + 1] = value
      end
    end
  end
  for _, value in ipairs({ id, sessions[i + 1], who, opened, permits }) do
    answer[#answer + 1] = value
  end
end
answer[#answer + 1] = #listed / 3
for _, value in ipairs(listed) do
  answer[#answer + 1] = value
end
return answer
