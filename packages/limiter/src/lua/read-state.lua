-- Reads how the buckets stand; changes nothing.
-- KEYS  1 limits  2 state  3 leases
-- Returns { now, leases that have not expired, limits as field, value, …, state as field, value, … }

local clock = redis.call('HGET', KEYS[2], 'clock') or '0'
return {
  read_time(),
  redis.call('ZCOUNT', KEYS[3], '(' .. clock, '+inf'),
  redis.call('HGETALL', KEYS[1]),
  redis.call('HGETALL', KEYS[2]),
}
