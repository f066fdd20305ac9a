-- Notes how far the lines of a batch have been queued. Only ever forward, and only by the owner of the lease.
-- KEYS: 1 batch hash
-- ARGV: 1 owner, 2 lines queued, 3 bytes of the input read
-- Returns: status of the batch, or '' when the lease is somebody else's
local state = redis.call('HMGET', KEYS[1], 'status', 'lease_owner', 'cursor_line')
if state[2] ~= ARGV[1] then return '' end
if tonumber(ARGV[2]) > tonumber(state[3]) then
  redis.call('HSET', KEYS[1], 'cursor_line', ARGV[2], 'cursor_byte', ARGV[3])
end
return state[1]
