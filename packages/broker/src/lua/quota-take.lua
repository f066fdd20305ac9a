-- include: clock
-- Reserves what a job is expected to take of its key's quotas, all or nothing. Idempotent by job id.
-- KEYS: 1 hash of the meters, 2 hash of the reservations: job id -> tokens|UTC day, 3 sorted set of the open jobs by time
-- ARGV: 1 job id, 2 tokens, 3 tokens per minute, 4 tokens per UTC day, 5 open jobs (each '' for no limit)
-- Returns: {'taken' or 'held' (it was reserved before), tokens of the minute left or -1}
--        | {'refused', 'tokens_per_minute' | 'tokens_per_day' | 'queued_jobs', ms until it may fit; -1: it never will}
local DAY_MS = 86400000
local now = now_ms()
local tokens = tonumber(ARGV[2])
local per_minute, per_day, open_jobs = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local today = math.floor(now / DAY_MS)
local meters = redis.call('HMGET', KEYS[1], 'level', 'at', 'day', 'used')
local level = per_minute
if per_minute and meters[1] then
  level = math.min(per_minute, tonumber(meters[1]) + (now - tonumber(meters[2])) * per_minute / 60000)
end
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 1 then return { 'held', level and math.floor(level) or -1 } end
if open_jobs and redis.call('ZCARD', KEYS[3]) >= open_jobs then return { 'refused', 'queued_jobs', 5000 } end
local used = tonumber(meters[3] or '-1') == today and tonumber(meters[4]) or 0
if per_day and used + tokens > per_day then
  return { 'refused', 'tokens_per_day', tokens > per_day and -1 or (today + 1) * DAY_MS - now }
end
if per_minute and tokens > level then
  return { 'refused', 'tokens_per_minute', tokens > per_minute and -1 or math.ceil((tokens - level) * 60000 / per_minute) }
end
if per_minute then
  level = level - tokens
  redis.call('HSET', KEYS[1], 'level', tostring(level), 'at', now)
end
redis.call('HSET', KEYS[1], 'day', today, 'used', used + tokens)
redis.call('HSET', KEYS[2], ARGV[1], tokens .. '|' .. today)
redis.call('ZADD', KEYS[3], now, ARGV[1])
return { 'taken', level and math.floor(level) or -1 }
