-- push_batch_event(type, now): appends an event of a batch with its counts, and puts it into the outbox KEYS[3]: the
-- batch's own webhook or an endpoint of its tenant may want it. Needs clock.lua and append-event.lua.
local function push_batch_event(type, now)
  local facts = redis.call('HMGET', KEYS[1], 'id', 'trimmed', 'total', 'completed', 'failed')
  local counts = ',"request_counts":{"total":' .. facts[3] .. ',"completed":' .. facts[4] .. ',"failed":' .. facts[5] .. '}'
  local _, seq = append_event(type, now, facts[2], '"batch_id":"' .. facts[1] .. '"', counts)
  redis.call('RPUSH', KEYS[3], '{"type":"' .. type .. '","seq":' .. seq .. ',"at_ms":' .. now .. '}')
  redis.call('HSET', KEYS[1], 'told', now)
  redis.call('HDEL', KEYS[1], 'untold')
end

-- progress_is_due(told, now): whether the last event, at `told`, is a second old: progress is told no more often.
local function progress_is_due(told, now)
  return now - tonumber(told or '0') >= 1000
end
