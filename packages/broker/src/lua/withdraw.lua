-- include: clock, release
-- Takes a ticket out of wherever it waits.
-- KEYS: 1 stem of the provider's backlog
-- ARGV: 1 shares, 2 ticket
-- Returns: see release()
local meta = redis.call('HGET', STEM .. ':meta', ARGV[2])
if meta then
  local facts = split(meta)
  local wait = STEM .. ':wait:' .. facts[1] .. ':' .. facts[4]
  redis.call('ZREM', wait, ARGV[2])
  if redis.call('EXISTS', wait) == 0 then redis.call('ZREM', STEM .. ':tenants:' .. facts[1], facts[4]) end
  redis.call('HDEL', STEM .. ':meta', ARGV[2])
end
redis.call('ZREM', STEM .. ':delayed', ARGV[2])
forget_ready(ARGV[2])
return release(now_ms(), parse_shares(ARGV[1]))
