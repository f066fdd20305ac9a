-- include: clock
-- Replaces what a job had reserved by what it took. Once: a second call finds no reservation.
-- KEYS: 1 hash of the meters, 2 hash of the reservations, 3 sorted set of the open jobs
-- ARGV: 1 job id, 2 tokens that it took
-- Returns: 1, or 0 when nothing was reserved
local reserved = redis.call('HGET', KEYS[2], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
if not reserved then return 0 end
local tokens, day = string.match(reserved, '^(%d+)|(%d+)$')
local back = tonumber(tokens) - tonumber(ARGV[2])
if redis.call('HEXISTS', KEYS[1], 'level') == 1 then redis.call('HINCRBYFLOAT', KEYS[1], 'level', back) end
if redis.call('HGET', KEYS[1], 'day') == day then
  local used = redis.call('HINCRBY', KEYS[1], 'used', -back)
  if used < 0 then redis.call('HSET', KEYS[1], 'used', 0) end
end
return 1
