-- push_event(type, now, tail): appends an event of a job, and puts it into the outbox KEYS[3] when the job's webhook
-- asks for it. Publishes it to the reply channel of the process that waits for the job too, if one does. `tail` is
-- further JSON, '' or ',"name":value…'. Needs clock.lua and append-event.lua. Returns the sequence number.
local function push_event(type, now, tail)
  local facts = redis.call('HMGET', KEYS[1], 'id', 'trimmed', 'wh', 'reply_events')
  local event, seq = append_event(type, now, facts[2], '"job_id":"' .. facts[1] .. '"', tail)
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
