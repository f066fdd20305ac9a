-- append_event(type, now, trimmed, subject, tail): appends an event to KEYS[2] and publishes it on the channel of the
-- same name. Sequence numbers count from 1: the list's length plus what was trimmed, the field of KEYS[1] that is given
-- as it was read. `subject` and `tail` are JSON members: '"name":value', and '' or ',"name":value…'. Needs clock.lua.
-- Returns the event's text and its sequence number.
local MAX_EVENTS = 10000

local function append_event(type, now, trimmed, subject, tail)
  local length = redis.call('LLEN', KEYS[2])
  local seq = length + tonumber(trimmed or '0') + 1
  local event = '{"type":"' .. type .. '","seq":' .. seq .. ',' .. subject .. ',"at":"' .. iso(now) .. '"' .. tail .. '}'
  redis.call('RPUSH', KEYS[2], event)
  if length >= MAX_EVENTS then
    redis.call('LTRIM', KEYS[2], -MAX_EVENTS, -1)
    redis.call('HINCRBY', KEYS[1], 'trimmed', length + 1 - MAX_EVENTS)
  end
  redis.call('PUBLISH', KEYS[2], event)
  return event, seq
end
