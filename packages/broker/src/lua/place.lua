-- include: clock, release
-- Where a ticket stands.
-- KEYS: 1 stem of the provider's backlog
-- ARGV: 1 ticket
-- Returns: {'waiting', tickets that go first in its tier, starts a second × 1000} | {'delayed', ms until due} |
--          {'ready'} | {'absent'}
local meta = redis.call('HGET', STEM .. ':meta', ARGV[1])
if not meta then
  return { redis.call('ZSCORE', STEM .. ':ready', ARGV[1]) and 'ready' or 'absent' }
end
local now = now_ms()
local due = redis.call('ZSCORE', STEM .. ':delayed', ARGV[1])
if due then return { 'delayed', math.max(0, tonumber(due) - now) } end
local facts = split(meta)
local tenants = STEM .. ':tenants:' .. facts[1]
local rank = redis.call('ZRANK', STEM .. ':wait:' .. facts[1] .. ':' .. facts[4], ARGV[1]) or 0
local before = rank
for _, other in ipairs(redis.call('ZRANGE', tenants, 0, 999)) do
  if other ~= facts[4] then
    before = before + math.min(rank + 1, redis.call('ZCARD', STEM .. ':wait:' .. facts[1] .. ':' .. other))
  end
end
return { 'waiting', before, math.floor(start_rate(now) * 1000) }
