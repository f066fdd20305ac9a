-- What a key's jobs take of its quotas. Needs clock.lua.
-- KEYS: 1 hash of the meters, 2 hash of the reservations: job id -> tokens|UTC day, 3 sorted set of the open jobs by time
local DAY_MS = 86400000

-- take(now, job, tokens, per_minute, per_day, open_jobs): reserves what a job is expected to take, all or nothing; limits
-- that are nil do not hold. Idempotent by job.
-- Returns 'taken' or 'held' (it was reserved before), or 'refused', the limit, and the ms until it may fit (-1: never).
local function take(now, job, tokens, per_minute, per_day, open_jobs)
  if redis.call('HEXISTS', KEYS[2], job) == 1 then return 'held' end
  local today = math.floor(now / DAY_MS)
  local meters = redis.call('HMGET', KEYS[1], 'level', 'at', 'day', 'used')
  local level = per_minute
  if per_minute and meters[1] then
    level = math.min(per_minute, tonumber(meters[1]) + (now - tonumber(meters[2])) * per_minute / 60000)
  end
  if open_jobs and redis.call('ZCARD', KEYS[3]) >= open_jobs then return 'refused', 'queued_jobs', 5000 end
  local used = tonumber(meters[3] or '-1') == today and tonumber(meters[4]) or 0
  if per_day and used + tokens > per_day then
    return 'refused', 'tokens_per_day', tokens > per_day and -1 or (today + 1) * DAY_MS - now
  end
  if per_minute and tokens > level then
    return 'refused', 'tokens_per_minute', tokens > per_minute and -1 or math.ceil((tokens - level) * 60000 / per_minute)
  end
  if per_minute then redis.call('HSET', KEYS[1], 'level', tostring(level - tokens), 'at', now) end
  redis.call('HSET', KEYS[1], 'day', today, 'used', used + tokens)
  redis.call('HSET', KEYS[2], job, tokens .. '|' .. today)
  redis.call('ZADD', KEYS[3], now, job)
  return 'taken'
end
