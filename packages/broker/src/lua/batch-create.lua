-- include: clock
-- Creates a batch if its id is free.
-- KEYS: 1 batch hash
-- ARGV: 1 body hash, then field, value, … of the batch hash
-- Returns: 'created' | 'duplicate' (same body) | 'conflict' (another body)
local existing = redis.call('HGET', KEYS[1], 'body_hash')
if existing then return existing == ARGV[1] and 'duplicate' or 'conflict' end
redis.call('HSET', KEYS[1], 'body_hash', ARGV[1], 'status', 'validating', 'total', 0, 'ended', 0, 'completed', 0,
  'failed', 0, 'expired', 0, 'cancelled', 0, 'cursor_line', 0, 'cursor_byte', 0, unpack(ARGV, 2))
return 'created'
