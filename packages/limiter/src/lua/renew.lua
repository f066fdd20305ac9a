-- Renews the leases of one process.
-- KEYS  1 state  2 leases  3 grants  4 holders
-- ARGV  1 lease  2 renewal interval (microseconds), then for each lease:
--       member "<reservation> <model>"; its grant when a missing lease is to be put back, because it can't have
--       expired and so Redis must have lost it, else ""
-- Returns the members whose lease is lost

local state_key, leases_key, grants_key, holders_key = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local now = read_time()
local times = redis.call('HMGET', state_key, 'ran', 'clock')
local clock = advanced_clock(times[1], times[2], now, tonumber(ARGV[2]))
redis.call('HSET', state_key, 'ran', whole(now), 'clock', whole(clock))
local expires = whole(clock + tonumber(ARGV[1]))
local lost = {}
for index = 3, #ARGV, 2 do
  local member, grant = ARGV[index], ARGV[index + 1]
  if redis.call('ZSCORE', leases_key, member) then
    redis.call('ZADD', leases_key, expires, member)
  elseif grant ~= '' then
    redis.call('ZADD', leases_key, expires, member)
    redis.call('HSET', grants_key, member, grant)
    redis.call('HINCRBY', state_key, 'flight:model:' .. model_of(member), 1)
    change_share(holders_key, holder_of(grant), 1)
    local key = key_of(grant)
    if key ~= '-' then redis.call('HINCRBY', state_key, 'flight:key:' .. key, 1) end
  else
    lost[#lost + 1] = member
  end
end
return lost
