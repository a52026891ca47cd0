/// Adds up everything that Redis keeps a running total of, in one script: nothing changes meanwhile.
enum DriftScript {
  static let answers = 4

  /// ARGV[1] the prefix of the domain's keys. Returns how far off the totals are, as sums of differences without signs: windows, slots, held
  /// amounts of budgets; and how many entries all windows have.
  static let source = """
    local prefix = ARGV[1]
    local windows, slots, held, entries = 0, 0, 0, 0
    for _, key in ipairs(redis.call('KEYS', prefix .. 'window:*')) do
      if string.sub(key, -4) ~= ':sum' then
        local sum = 0
        local log = redis.call('ZRANGE', key, 0, -1)
        for _, member in ipairs(log) do sum = sum + tonumber(string.match(member, ':(%-?%d+)$')) end
        windows = windows + math.abs(sum - tonumber(redis.call('GET', key .. ':sum') or 0))
        entries = entries + #log
      end
    end
    for _, key in ipairs(redis.call('KEYS', prefix .. 'slots:*')) do
      local all, sum = redis.call('HGETALL', key), 0
      for n = 1, #all, 2 do
        if all[n] ~= 'total' then sum = sum + tonumber(all[n + 1]) end
      end
      slots = slots + math.abs(sum - tonumber(redis.call('HGET', key, 'total') or 0))
    end
    local reserved = {}
    for _, key in ipairs(redis.call('KEYS', prefix .. 'session:*')) do
      local all = redis.call('HGETALL', key)
      for n = 1, #all, 2 do
        if string.sub(all[n], 1, 7) == 'permit:' then
          local record = cjson.decode(all[n + 1])
          for i = 4, #record - 1, 2 do
            if string.sub(record[i], 1, 7) == 'budget:' then
              reserved[record[i]] = (reserved[record[i]] or 0) + record[i + 1]
            end
          end
        end
      end
    end
    for _, key in ipairs(redis.call('KEYS', prefix .. 'budget:*:held')) do
      local name = string.sub(key, #prefix + 1, -6)
      held = held + math.abs(tonumber(redis.call('GET', key)) - (reserved[name] or 0))
    end
    return { windows, slots, held, entries }
    """

  /// ARGV[1] as above. Returns what all budgets hold.
  static let held = """
    local sum = 0
    for _, key in ipairs(redis.call('KEYS', ARGV[1] .. 'budget:*:held')) do sum = sum + redis.call('GET', key) end
    return sum
    """
}
