-- include: clock
-- Takes a place among a key's event streams or calls, or keeps the one that it has.
-- KEYS: 1 sorted set of the places by the time at which they lapse
-- ARGV: 1 holder, 2 ms until it lapses, 3 places ('': keep it, whatever the others have)
-- Returns: 1, or 0 when all places are taken
local now = now_ms()
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if ARGV[3] ~= '' and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
