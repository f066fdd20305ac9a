-- Queues a delivery anew: its schedule begins again, what was tried stays on record.
-- KEYS: 1 delivery hash
-- ARGV: 1 turn as it was read, 2 attempts so far as JSON members, 3 how many, 4 sealed body or '' (it still has one),
--       5 sealed secret or '' (it still has one, or needs none)
-- Returns: 'queued' | 'stale'
local state = redis.call('HMGET', KEYS[1], 'turn', 'status')
if not state[1] or state[1] ~= ARGV[1] then return 'stale' end
local time = redis.call('TIME')
redis.call('HSET', KEYS[1], 'status', 'pending', 'turn', tonumber(ARGV[1]) + 1, 'attempts', ARGV[2],
  'attempts_before', ARGV[3], 'next_at', time[1] * 1000 + math.floor(time[2] / 1000))
if ARGV[4] ~= '' then redis.call('HSET', KEYS[1], 'body', ARGV[4]) end
if ARGV[5] ~= '' then redis.call('HSET', KEYS[1], 'secret', ARGV[5]) end
redis.call('HDEL', KEYS[1], 'ended_at', 'error')
redis.call('PERSIST', KEYS[1])
return 'queued'
