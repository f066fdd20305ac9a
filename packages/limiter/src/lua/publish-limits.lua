-- Stores the limits that all processes of a provider go by, and tells them.
-- KEYS  1 limits
-- ARGV  1 replace, or if_absent to leave stored ones alone  2 revision  3 source  4 channel
--       then pairs: scope, its limits as JSON
-- Returns { revision, source } in force

local limits_key = KEYS[1]
local stored = redis.call('HMGET', limits_key, 'revision', 'source')
if stored[1] and (ARGV[1] == 'if_absent' or stored[1] == ARGV[2]) then return stored end
redis.call('DEL', limits_key)
redis.call('HSET', limits_key, 'revision', ARGV[2], 'source', ARGV[3])
for index = 5, #ARGV, 2 do
  redis.call('HSET', limits_key, ARGV[index], cmsgpack.pack(cjson.decode(ARGV[index + 1])))
end
redis.call('PUBLISH', ARGV[4], 'limits ' .. ARGV[2])
return { ARGV[2], ARGV[3] }
