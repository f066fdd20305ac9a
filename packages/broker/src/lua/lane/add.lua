-- include: clock, lane
-- Puts a ticket into a pool. Idempotent by ticket id.
-- KEYS: 1 stem of the provider's batch lane
-- ARGV: 1 ticket, 2 pool, 3 deadline in ms, 4 bytes of its request, 5 tokens that it is expected to take
-- Returns: 1 when it was added, 0 when the lane has it already
if redis.call('HEXISTS', STEM .. ':meta', ARGV[1]) == 1 then return 0 end
local now = now_ms()
local meta = { pool = ARGV[2], deadline = tonumber(ARGV[3]), bytes = tonumber(ARGV[4]), tokens = tonumber(ARGV[5]), since = now, run = '' }
set_meta(ARGV[1], meta)
redis.call('ZADD', STEM .. ':pool:' .. meta.pool, meta.deadline, ARGV[1])
redis.call('ZADD', STEM .. ':since:' .. meta.pool, now, ARGV[1])
redis.call('ZADD', STEM .. ':due', meta.deadline, ARGV[1])
redis.call('SADD', STEM .. ':pools', meta.pool)
add_load(meta.pool, 1, meta)
return 1
