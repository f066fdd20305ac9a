-- Adds what one process has observed of bytes per token to what all have learned, and answers with that.
-- KEYS  1 ratios: "<target>" -> "<mean> <variance>"
-- ARGV  1 mean  2 variance of a target that nobody has observed, then for each target:
--       target, count, sum, sum of squares (count 0: only asked for)
-- Returns { target, "<mean> <variance>", … } of those that have been observed

-- The weight of one observation, as in a process by itself.
local WEIGHT_OF_NEW = 0.1

local replies = {}
for index = 3, #ARGV, 4 do
  local target, count = ARGV[index], tonumber(ARGV[index + 1])
  local stored = redis.call('HGET', KEYS[1], target)
  if count > 0 then
    local mean, variance = tonumber(ARGV[1]), tonumber(ARGV[2])
    if stored then
      mean, variance = string.match(stored, '^(%S+) (%S+)$')
      mean, variance = tonumber(mean), tonumber(variance)
    end
    local observed = tonumber(ARGV[index + 2]) / count
    local spread = math.max(0, tonumber(ARGV[index + 3]) / count - observed * observed)
    local weight, off = 1 - (1 - WEIGHT_OF_NEW) ^ count, observed - mean
    mean = mean + weight * off
    variance = (1 - weight) * (variance + weight * off * off) + weight * spread
    stored = exact(mean) .. ' ' .. exact(variance)
    redis.call('HSET', KEYS[1], target, stored)
  end
  if stored then
    replies[#replies + 1] = target
    replies[#replies + 1] = stored
  end
end
return replies
