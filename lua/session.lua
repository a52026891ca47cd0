#!lua flags=allow-oom
-- Opens, renews and closes the session of a process, which owns its permits.
--
-- KEYS  1 epoch   2 sessions   3 session:<id>
-- ARGV  1 open | renew | close   2 the session's id   3 time to live (us)   4 open: a random id, used if the state is new
--       5 open: who it is, for people that look (text)
--       6 open: how many processes shared the domain when this one last heard of it, used if the state is new (0: it never did)
-- Returns { status, now (us, text), id of the epoch, sessions that are alive }
--         open, renew: 1 = alive until now + time to live; renew: 0 = unknown or over: its permits end as abandoned
--         close: 1 = closed, its permits ended as abandoned; 2 = some are left, ask again; 0 = unknown
-- Rules   Where the state is new and the opener has known another one, state was lost: `recovering` holds until when others are waited
--         for, how many there were, and how many have told what they know (`announce.lua`).
-- Invariant  I4: a session that stands in `sessions` and is over is ended by whoever comes next.
-- Cost  One call renews all permits of the session, however many.

-- include prelude waiters abandon

local prefix = string.sub(KEYS[1], 1, -6)
local verb, session, ttl = ARGV[1], ARGV[2], tonumber(ARGV[3])
local epoch = call('HMGET', KEYS[1], 'id', 'last_us')
local now = stamp_after(tonumber(epoch[2]) or 0)

if not epoch[1] then
  if verb ~= 'open' then
    return { 0, int(now), '', 0 }
  end
  epoch[1] = ARGV[4]
  call('HSET', KEYS[1], 'id', ARGV[4], 'born_us', int(now), 'last_us', int(now))
  if tonumber(ARGV[6]) > 0 then
    call('HSET', KEYS[1], 'recovering', int(now + ttl) .. ' ' .. ARGV[6] .. ' 0')
  end
end

local function alive()
  return call('ZCOUNT', KEYS[2], '(' .. int(now), '+inf')
end

if verb == 'open' then
  call('ZADD', KEYS[2], now + ttl, session)
  call('HSET', KEYS[3], 'who', ARGV[5], 'opened_us', int(now))
  reap(prefix, KEYS[2], now)
  return { 1, int(now), epoch[1], alive() }
end

local alive_until = tonumber(call('ZSCORE', KEYS[2], session) or 0)

if verb == 'renew' then
  -- What is over stays over: others may have been told so, and some of its permits may have ended.
  local is_alive = alive_until > now
  if is_alive then
    call('ZADD', KEYS[2], now + ttl, session)
  end
  reap(prefix, KEYS[2], now)
  return { is_alive and 1 or 0, int(now), epoch[1], alive() }
end

if alive_until == 0 then
  return { 0, int(now), epoch[1], 0 }
end

local _, is_gone = end_session(prefix, KEYS[2], session, now)
return { is_gone and 1 or 2, int(now), epoch[1], 0 }
