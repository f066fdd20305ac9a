-- push_event(type, now, tail): appends one event to KEYS[2], publishes it on the channel of the same name, and puts
-- it into the outbox KEYS[3] when the job's webhook asks for it. `tail` is further JSON, '' or ',"name":value…'.
-- Publishes it to the reply channel of the process that waits for the job too, if one does.
-- The sequence number is the list's length plus what was trimmed. Needs clock.lua. Returns the sequence number.
local MAX_EVENTS = 10000

local function push_event(type, now, tail)
  local facts = redis.call('HMGET', KEYS[1], 'id', 'trimmed', 'wh', 'reply_events')
  local trimmed = tonumber(facts[2] or '0')
  local length = redis.call('LLEN', KEYS[2])
  local seq = length + trimmed + 1
  local event = '{"type":"' .. type .. '","seq":' .. seq .. ',"job_id":"' .. facts[1] .. '","at":"' .. iso(now) .. '"' .. tail .. '}'
  redis.call('RPUSH', KEYS[2], event)
  if length >= MAX_EVENTS then
    redis.call('LTRIM', KEYS[2], -MAX_EVENTS, -1)
    redis.call('HINCRBY', KEYS[1], 'trimmed', length + 1 - MAX_EVENTS)
  end
  redis.call('PUBLISH', KEYS[2], event)
  if facts[4] then redis.call('PUBLISH', facts[4], event) end
  if facts[3] and string.find(facts[3], ',' .. type .. ',', 1, true) then
    redis.call('RPUSH', KEYS[3], '{"kind":"webhook","type":"' .. type .. '","seq":' .. seq .. ',"at_ms":' .. now .. '}')
  end
  return seq
end

-- restart_stream(now): when text was already streamed, says that it is void.
local function restart_stream(now)
  if redis.call('HDEL', KEYS[1], 'deltas') == 1 then
    push_event('job.restarted', now, '')
  end
end
