-- Erases a job that has ended; a tombstone keeps its Idempotency-Key from being used again.
-- KEYS: 1 job hash, 2 events list, 3 outbox list, 4 tombstone
-- ARGV: 1 tenant, 2 milliseconds that the tombstone stays
-- Returns: 'erased' | 'not_ended' | 'not_found'
local state = redis.call('HMGET', KEYS[1], 'status', 'tenant', 'body_hash')
if not state[1] or state[2] ~= ARGV[1] then return 'not_found' end
if state[1] == 'queued' or state[1] == 'in_progress' then return 'not_ended' end
if redis.call('LLEN', KEYS[3]) > 0 then return 'not_ended' end
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
redis.call('SET', KEYS[4], state[3], 'PX', ARGV[2])
return 'erased'
