-- Keeps a file's content for a batch that reads it, until a time at most.
-- KEYS: 1 file hash
-- ARGV: 1 tenant, 2 ms since 1970, 3 batch id
-- Returns: 'pinned' | 'gone'
local state = redis.call('HMGET', KEYS[1], 'tenant', 'deleted')
if state[1] ~= ARGV[1] or state[2] then return 'gone' end
redis.call('HSET', KEYS[1], 'pin:' .. ARGV[3], ARGV[2])
return 'pinned'
