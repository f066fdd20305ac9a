-- Keeps a file's content until a time at least: a batch reads it.
-- KEYS: 1 file hash
-- ARGV: 1 tenant, 2 ms since 1970
-- Returns: 'pinned' | 'gone'
local state = redis.call('HMGET', KEYS[1], 'tenant', 'deleted', 'pinned_until')
if state[1] ~= ARGV[1] or state[2] then return 'gone' end
if tonumber(state[3] or '0') < tonumber(ARGV[2]) then redis.call('HSET', KEYS[1], 'pinned_until', ARGV[2]) end
return 'pinned'
