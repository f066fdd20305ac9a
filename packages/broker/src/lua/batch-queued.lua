-- include: clock
-- Notes that every line of a batch is queued or has ended; the last of them may have ended before.
-- KEYS: 1 batch hash
-- ARGV: 1 owner
-- Returns: status of the batch, or '' when the lease is somebody else's
local state = redis.call('HMGET', KEYS[1], 'status', 'lease_owner', 'total', 'ended')
if state[2] ~= ARGV[1] then return '' end
redis.call('HSET', KEYS[1], 'all_queued', 1)
if state[1] == 'in_progress' and tonumber(state[4]) >= tonumber(state[3]) then
  redis.call('HSET', KEYS[1], 'status', 'finalizing', 'at_finalizing', now_ms())
  return 'finalizing'
end
return state[1]
