-- A process is gone and can't renew its leases: they lapse soon instead of at their end. Its charges stand.
-- KEYS  1 state  2 leases  3 grants
-- ARGV  1 holder  2 how much longer its calls count, because the provider sees their end a moment later  3 renewal
--       interval (microseconds)
-- Returns how many of its leases lapse sooner by that

local state_key, leases_key, grants_key = KEYS[1], KEYS[2], KEYS[3]
local now = read_time()
local times = redis.call('HMGET', state_key, 'ran', 'clock')
local clock = advanced_clock(times[1], times[2], now, tonumber(ARGV[3]))
redis.call('HSET', state_key, 'ran', whole(now), 'clock', whole(clock))
local lapses, sooner = clock + tonumber(ARGV[2]), 0
local grants = redis.call('HGETALL', grants_key)
for index = 1, #grants, 2 do
  if holder_of(grants[index + 1]) == ARGV[1] then
    local expires = tonumber(redis.call('ZSCORE', leases_key, grants[index]))
    if expires and expires > lapses then
      redis.call('ZADD', leases_key, whole(lapses), grants[index])
      sooner = sooner + 1
    end
  end
end
return sooner
