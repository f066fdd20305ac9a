-- include: clock, pins
-- A batch needs a file's content no more. When the file was deleted meanwhile and no other batch needs it, it goes.
-- KEYS: 1 file hash
-- ARGV: 1 batch id
-- Returns: 'dropped' the content may go now | 'kept'
redis.call('HDEL', KEYS[1], 'pin:' .. ARGV[1])
if redis.call('HEXISTS', KEYS[1], 'deleted') == 0 or pinned_until(KEYS[1]) then return 'kept' end
redis.call('DEL', KEYS[1])
return 'dropped'
