-- include: clock
-- Raises the turn of a queued job whose ticket was lost, so that it can be queued under an id that was never used.
-- KEYS: 1 job hash
-- ARGV: 1 turn of the lost ticket
-- Returns: new turn, or 0 when the job has moved on
local state = redis.call('HMGET', KEYS[1], 'status', 'turn')
if state[1] ~= 'queued' or state[2] ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'owner', 'backlog')
return redis.call('HINCRBY', KEYS[1], 'turn', 1)
