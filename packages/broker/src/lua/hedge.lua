-- include: clock, append-event, events
-- Queues a job to run live beside the provider's batch that it is a line of: its attempt there stays open, and the first
-- of the two to finish wins.
-- KEYS: 1 job hash, 2 events list, 3 outbox list
-- ARGV: 1 attempt in the batch, 2 JSON members of the event
-- Returns: {'requeued', new turn, ready at} | {'fenced'}
local state = redis.call('HMGET', KEYS[1], 'status', 'open', 'hedged')
if state[1] ~= 'in_progress' or state[2] ~= ARGV[1] or tonumber(state[3] or '0') > 0 then return { 'fenced' } end
local now = now_ms()
local turn = redis.call('HINCRBY', KEYS[1], 'turn', 1)
redis.call('HSET', KEYS[1], 'status', 'queued', 'owner', 'backlog', 'run', '', 'lane', 'live', 'open', 0, 'hedged', ARGV[1], 'ready_at', now)
push_event('job.requeued', now, ',' .. ARGV[2])
return { 'requeued', turn, now }
