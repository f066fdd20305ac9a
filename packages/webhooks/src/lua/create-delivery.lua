-- Creates a delivery if there is none for its event.
-- KEYS: 1 delivery hash
-- ARGV: field, value, … of the hash
-- Returns: {'created' | 'exists', status, turn, next attempt in ms}
local state = redis.call('HMGET', KEYS[1], 'status', 'turn', 'next_at')
if state[1] then return { 'exists', state[1], state[2], state[3] } end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', KEYS[1], 'status', 'pending', 'turn', 1, 'tries', 0, 'attempts', '',
  'created_at', now, 'next_at', now, unpack(ARGV))
return { 'created', 'pending', '1', tostring(now) }
