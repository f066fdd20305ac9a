-- Renews the leases of deliveries that are under way.
-- KEYS: 1 stem of the lanes
-- ARGV: 1 lease in ms, then lane, delivery, …
local time = redis.call('TIME')
local ends = time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[1])
for i = 2, #ARGV, 2 do redis.call('ZADD', KEYS[1] .. ':busy:' .. ARGV[i], 'XX', ends, ARGV[i + 1]) end
return 0
