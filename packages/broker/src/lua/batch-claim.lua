-- include: clock
-- Takes, renews or gives back the right to move a batch on. One owner at a time; a lease that is not renewed lapses.
-- KEYS: 1 batch hash
-- ARGV: 1 owner, 2 milliseconds to hold it (0: give it back)
-- Returns: 'held' | 'busy' | 'gone'
local state = redis.call('HMGET', KEYS[1], 'status', 'lease_owner', 'lease_until')
if not state[1] then return 'gone' end
local now = now_ms()
if state[2] and state[2] ~= ARGV[1] and tonumber(state[3]) > now then return 'busy' end
if ARGV[2] == '0' then
  redis.call('HDEL', KEYS[1], 'lease_owner', 'lease_until')
else
  redis.call('HSET', KEYS[1], 'lease_owner', ARGV[1], 'lease_until', now + tonumber(ARGV[2]))
end
return 'held'
