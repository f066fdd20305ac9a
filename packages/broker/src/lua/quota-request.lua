-- include: clock
-- Counts one request of a key against its requests per minute: a bucket of one minute's worth that refills all the time.
-- KEYS: 1 hash of the bucket
-- ARGV: 1 requests per minute
-- Returns: {1, requests left, ms until it is full} | {0, 0, ms until the next request may come}
local now = now_ms()
local limit = tonumber(ARGV[1])
local state = redis.call('HMGET', KEYS[1], 'level', 'at')
local level = limit
if state[1] then level = math.min(limit, tonumber(state[1]) + (now - tonumber(state[2])) * limit / 60000) end
if level < 1 then return { 0, 0, math.ceil((1 - level) * 60000 / limit) } end
level = level - 1
redis.call('HSET', KEYS[1], 'level', tostring(level), 'at', now)
redis.call('PEXPIRE', KEYS[1], 120000)
return { 1, math.floor(level), math.ceil((limit - level) * 60000 / limit) }
