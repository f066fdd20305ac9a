-- include: clock, append-event, batch-events
-- Tells of progress that came too soon after the last event to be told at once, when a second has passed since.
-- KEYS: 1 batch hash, 2 events list, 3 outbox list
-- ARGV: none
-- Returns: 1 when there was something to tell
local state = redis.call('HMGET', KEYS[1], 'status', 'untold', 'told')
if state[1] ~= 'in_progress' or not state[2] then return 0 end
local now = now_ms()
if not progress_is_due(state[3], now) then return 0 end
push_batch_event('batch.in_progress', now)
return 1
