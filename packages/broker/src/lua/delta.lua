-- include: clock, append-event, events
-- Adds a piece of streamed text.
-- KEYS: 1 job hash, 2 events list, 3 outbox list
-- ARGV: 1 attempt, 2 JSON members of the event ('"index":0,"delta":{…}')
-- Returns: sequence number, or 0 when the attempt is no longer the open one
if redis.call('HGET', KEYS[1], 'open') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'deltas', 1)
return push_event('job.delta', now_ms(), ',' .. ARGV[2])
