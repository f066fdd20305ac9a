-- include: clock, lane
-- Begins a run in the state `intent`, without lines.
-- KEYS: 1 stem of the provider's batch lane
-- ARGV: 1 pool, 2 fence, 3 run, 4 tokens that it may take at most
-- Returns: 1, or 0 when another leads
local now = now_ms()
if not leads(ARGV[1], ARGV[2], now) then return 0 end
redis.call('HSET', STEM .. ':run:' .. ARGV[3], 'run', ARGV[3], 'pool', ARGV[1], 'state', 'intent', 'created', now, 'since', now,
  'max_tokens', ARGV[4], 'lines', 0, 'bytes', 0, 'tokens', 0)
redis.call('ZADD', STEM .. ':runs', now, ARGV[3])
return 1
