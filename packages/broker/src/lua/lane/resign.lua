-- include: clock, lane
-- Gives a lease back at once, and forgets a pool that has neither tickets nor runs.
-- KEYS: 1 stem of the provider's batch lane
-- ARGV: 1 pool, 2 fence
-- Returns: 1, or 0 when another leads
local key = STEM .. ':lead:' .. ARGV[1]
if redis.call('HGET', key, 'fence') ~= ARGV[2] then return 0 end
redis.call('HSET', key, 'until', 0)
return 1
