-- The oldest entries of a window's log, read as far as somebody asks: for `include walk`, behind the prelude.
--
--   walk.at      the stamps of the entries, oldest first
--   walk.total   what has left when each of them has left

local RETRY_WALK = 1024
local RETRY_CHUNK = 64

-- The first of ascending values that is at least `least`, else the last position; 0 of none.
local function first_of(values, least)
  local low, high = 1, #values
  while low < high do
    local middle = floor((low + high) / 2)
    if values[middle] >= least then
      high = middle
    else
      low = middle + 1
    end
  end
  return high
end

-- Reads the entries of a log until `need` units and all that were made up to `cutoff` are seen, within the bound. `walks` keeps what
-- was read, by log.
local function walk_of(walks, log, need, cutoff)
  local walk = walks[log]
  if not walk then
    walk = { freed = 0, at = {}, total = {} }
    walks[log] = walk
  end
  while (walk.freed < need or (walk.at[#walk.at] or 0) <= cutoff) and #walk.at < RETRY_WALK do
    local from = #walk.at
    local page = call('ZRANGE', log, from, from + RETRY_CHUNK - 1, 'WITHSCORES')
    if #page == 0 then
      break
    end
    for e = 1, #page, 2 do
      walk.freed = walk.freed + amount_of(page[e])
      walk.at[#walk.at + 1] = tonumber(page[e + 1])
      walk.total[#walk.total + 1] = walk.freed
    end
  end
  return walk
end

-- The stamp of the entry that frees the last of `need` units; exact while one call can drop all entries up to it.
local function when_freed(walk, need)
  local last = first_of(walk.total, need)
  if last > 0 then
    return walk.at[last], walk.total[last] >= need and last <= PRUNED
  end
end

-- What has left when all up to `cutoff` have.
local function freed_until(walk, cutoff)
  local last = first_of(walk.at, cutoff + 1)
  while last > 0 and walk.at[last] > cutoff do
    last = last - 1
  end
  return walk.total[last] or 0
end
