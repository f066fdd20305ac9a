-- include: clock, lane
-- Ends a run all of whose lines are settled.
-- KEYS: 1 stem of the provider's batch lane
-- ARGV: 1 pool, 2 fence, 3 run
-- Returns: 'closed' | 'open' (lines are not settled) | 'fenced'
local now = now_ms()
local run_key = STEM .. ':run:' .. ARGV[3]
if not leads(ARGV[1], ARGV[2], now) then return 'fenced' end
local lines = tonumber(redis.call('HGET', run_key, 'lines') or '0')
if redis.call('BITCOUNT', STEM .. ':done:' .. ARGV[3]) < lines then return 'open' end
redis.call('DEL', run_key, STEM .. ':lines:' .. ARGV[3], STEM .. ':done:' .. ARGV[3])
redis.call('ZREM', STEM .. ':runs', ARGV[3])
if redis.call('GET', STEM .. ':creating') == ARGV[3] then redis.call('DEL', STEM .. ':creating') end
if redis.call('ZCARD', STEM .. ':pool:' .. ARGV[1]) == 0 and redis.call('ZCARD', STEM .. ':runs') == 0 then
  redis.call('SREM', STEM .. ':pools', ARGV[1])
end
return 'closed'
