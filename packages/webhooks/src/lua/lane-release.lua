-- Gives a delivery's place in its lane back, queues it again when it is to be tried again, and keeps the lane's record
-- of failures: after a number in a row it rests, for twice as long each time, until one delivery arrives.
-- KEYS: 1 stem of the lanes
-- ARGV: 1 lane, 2 delivery, 3 'arrived' | 'failed' | 'none' (no attempt was made), 4 next attempt in ms ('' for none),
--       5 failures in a row after which the lane rests, 6 first rest in ms, 7 longest rest in ms
-- Returns: ms that the lane rests from now on, 0 when it does not
local stem, lane, id = KEYS[1], ARGV[1], ARGV[2]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local due, busy, state = stem .. ':due:' .. lane, stem .. ':busy:' .. lane, stem .. ':state:' .. lane
redis.call('ZREM', busy, id)
if ARGV[4] ~= '' then redis.call('ZADD', due, ARGV[4], id) end
local rest = 0
if ARGV[3] == 'arrived' then
  redis.call('HSET', state, 'failures', 0, 'rests', 0, 'open_until', 0, 'proven', 1)
elseif ARGV[3] == 'failed' and redis.call('HINCRBY', state, 'failures', 1) >= tonumber(ARGV[5]) then
  local open_until = tonumber(redis.call('HGET', state, 'open_until') or '0')
  -- Attempts that were under way when the rest began do not lengthen it.
  if open_until <= now then
    local rests = redis.call('HINCRBY', state, 'rests', 1)
    rest = math.min(tonumber(ARGV[7]), tonumber(ARGV[6]) * 2 ^ math.min(rests - 1, 30))
    redis.call('HSET', state, 'open_until', now + rest)
  end
end
redis.call('PEXPIRE', state, 86400000)
local first = redis.call('ZRANGE', due, 0, 0, 'WITHSCORES')
local lapse = redis.call('ZRANGE', busy, 0, 0, 'WITHSCORES')
if not first[1] and not lapse[1] then
  redis.call('ZREM', stem .. ':lanes', lane)
  return rest
end
local open_until = tonumber(redis.call('HGET', state, 'open_until') or '0')
local wake = math.max(tonumber(first[2] or lapse[2]), open_until, now)
if lapse[2] then wake = math.min(wake, tonumber(lapse[2])) end
redis.call('ZADD', stem .. ':lanes', wake, lane)
return rest
