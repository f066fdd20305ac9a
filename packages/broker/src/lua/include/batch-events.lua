-- push_batch_event(type, now): appends an event with the counts to KEYS[2], publishes it on the channel of the same
-- name, and puts it into the outbox KEYS[3]: the batch's own webhook or an endpoint of its tenant may want it. Needs clock.lua.
local MAX_EVENTS = 10000

local function push_batch_event(type, now)
  local facts = redis.call('HMGET', KEYS[1], 'id', 'trimmed', 'total', 'completed', 'failed')
  local trimmed = tonumber(facts[2] or '0')
  local length = redis.call('LLEN', KEYS[2])
  local seq = length + trimmed + 1
  local event = '{"type":"' .. type .. '","seq":' .. seq .. ',"batch_id":"' .. facts[1] .. '","at":"' .. iso(now) ..
    '","request_counts":{"total":' .. facts[3] .. ',"completed":' .. facts[4] .. ',"failed":' .. facts[5] .. '}}'
  redis.call('RPUSH', KEYS[2], event)
  if length >= MAX_EVENTS then
    redis.call('LTRIM', KEYS[2], -MAX_EVENTS, -1)
    redis.call('HINCRBY', KEYS[1], 'trimmed', length + 1 - MAX_EVENTS)
  end
  redis.call('PUBLISH', KEYS[2], event)
  redis.call('RPUSH', KEYS[3], '{"type":"' .. type .. '","seq":' .. seq .. ',"at_ms":' .. now .. '}')
  redis.call('HSET', KEYS[1], 'told', now)
  redis.call('HDEL', KEYS[1], 'untold')
end
