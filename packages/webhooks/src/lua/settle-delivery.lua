-- Records an attempt and what follows from it. A delivery that has ended stays as it is. Only the attempt of the
-- current turn may fail it or try again; one that was delivered counts whatever its turn.
-- KEYS: 1 delivery hash
-- ARGV: 1 turn, 2 attempt as JSON ('' when none was made), 3 'delivered' | 'failed' | 'retry', 4 ms to keep the delivery, or until the retry,
--       5 why it failed, or ''
-- Returns: {'ended'} | {'retry', new turn, next attempt in ms} | {'stale'}
local state = redis.call('HMGET', KEYS[1], 'status', 'turn', 'attempts')
if state[1] ~= 'pending' then return { 'stale' } end
if state[2] ~= ARGV[1] and ARGV[3] ~= 'delivered' then return { 'stale' } end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if ARGV[2] ~= '' then
  redis.call('HSET', KEYS[1], 'attempts', state[3] == '' and ARGV[2] or state[3] .. ',' .. ARGV[2])
  redis.call('HINCRBY', KEYS[1], 'tries', 1)
end
if ARGV[3] == 'retry' then
  local next_at = now + tonumber(ARGV[4])
  redis.call('HSET', KEYS[1], 'next_at', next_at)
  return { 'retry', redis.call('HINCRBY', KEYS[1], 'turn', 1), next_at }
end
redis.call('HSET', KEYS[1], 'status', ARGV[3], 'ended_at', now, 'error', ARGV[5])
if ARGV[3] == 'delivered' then redis.call('HDEL', KEYS[1], 'body', 'secret') end
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return { 'ended' }
