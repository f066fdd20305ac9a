-- include: clock, lane
-- Becomes, or stays, the one who collects for a pool: with a fence that rises whenever it changes hands.
-- KEYS: 1 stem of the provider's batch lane
-- ARGV: 1 pool, 2 holder, 3 milliseconds of the lease
-- Returns: the fence, or 0 while another holds the lease
local now = now_ms()
local key = STEM .. ':lead:' .. ARGV[1]
local lead = redis.call('HMGET', key, 'holder', 'until')
local holds = lead[1] == ARGV[2]
if lead[1] and not holds and now < tonumber(lead[2]) then return 0 end
-- One that was late stays the leader when nobody came in between, but nothing it began before may go on unseen.
if not holds or now >= tonumber(lead[2]) then redis.call('HINCRBY', key, 'fence', 1) end
redis.call('HSET', key, 'holder', ARGV[2], 'until', now + tonumber(ARGV[3]))
return tonumber(redis.call('HGET', key, 'fence'))
