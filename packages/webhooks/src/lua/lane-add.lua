-- Puts a delivery into its lane, unless it is there or under way. A bell wakes one dispatcher that waits.
-- KEYS: 1 stem of the lanes
-- ARGV: 1 lane, 2 delivery, 3 due at in ms (0: now), 4 '1': also when it waits for a later time
-- Returns: 1 when it was put there, else 0
local stem, lane, id = KEYS[1], ARGV[1], ARGV[2]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local due = tonumber(ARGV[3])
if due == 0 then due = now end
if redis.call('ZSCORE', stem .. ':busy:' .. lane, id) then return 0 end
local added
if ARGV[4] == '1' then
  redis.call('ZADD', stem .. ':due:' .. lane, due, id)
  added = 1
else
  added = redis.call('ZADD', stem .. ':due:' .. lane, 'NX', due, id)
end
local rests_until = tonumber(redis.call('HGET', stem .. ':state:' .. lane, 'open_until') or '0')
local wake = math.max(due, rests_until)
local known = redis.call('ZSCORE', stem .. ':lanes', lane)
if not known or tonumber(known) > wake then redis.call('ZADD', stem .. ':lanes', wake, lane) end
if wake <= now and redis.call('LLEN', stem .. ':bell') == 0 then
  redis.call('LPUSH', stem .. ':bell', 1)
  redis.call('PEXPIRE', stem .. ':bell', 10000)
end
return added
