-- include: clock, append-event, events
-- Declares what was streamed so far void and writes the stream anew. May be repeated.
-- KEYS: 1 job hash, 2 events list, 3 outbox list
-- ARGV: 1 attempt, 2… JSON members of the deltas
-- Returns: 1, or 0 when the attempt is no longer the open one
if redis.call('HGET', KEYS[1], 'open') ~= ARGV[1] then return 0 end
local now = now_ms()
restart_stream(now)
redis.call('HSET', KEYS[1], 'deltas', 1)
for i = 2, #ARGV do push_event('job.delta', now, ',' .. ARGV[i]) end
return 1
