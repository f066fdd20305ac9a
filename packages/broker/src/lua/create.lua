-- include: clock, append-event, events
-- Creates a job if its id is free.
-- KEYS: 1 job hash, 2 events list, 3 outbox list, 4 tombstone
-- ARGV: 1 body hash, then field, value, … of the job hash
-- Returns: 'created' | 'duplicate' (same body) | 'conflict' (another body) | 'erased'
local existing = redis.call('HMGET', KEYS[1], 'status', 'body_hash')
if existing[1] then
  if existing[2] ~= ARGV[1] then return 'conflict' end
  return 'duplicate'
end
local gone = redis.call('GET', KEYS[4])
if gone then return gone == ARGV[1] and 'erased' or 'conflict' end
local now = now_ms()
redis.call('HSET', KEYS[1], 'body_hash', ARGV[1], 'status', 'queued', 'turn', 1, 'owner', 'backlog',
  'ready_at', now, 'n', 0, 'open', 0, 'target_index', 0, 'round', 1, 'round_first', 1, unpack(ARGV, 2))
push_event('job.queued', now, '')
return 'created'
