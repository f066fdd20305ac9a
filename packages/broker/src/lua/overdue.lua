-- include: clock, release
-- Tickets whose deadline has passed while they waited. They stay until they are withdrawn.
-- KEYS: 1 stem of the provider's backlog
-- ARGV: 1 at most so many of each tenant
-- Returns: tickets
local now = now_ms()
local found = {}
for _, tier in ipairs(TIERS) do
  for _, tenant in ipairs(redis.call('ZRANGE', STEM .. ':tenants:' .. tier, 0, 999)) do
    for _, ticket in ipairs(redis.call('ZRANGEBYSCORE', STEM .. ':wait:' .. tier .. ':' .. tenant, '-inf', now, 'LIMIT', 0, ARGV[1])) do
      found[#found + 1] = ticket
    end
  end
end
for _, ticket in ipairs(redis.call('ZRANGEBYSCORE', STEM .. ':delayed', '-inf', now, 'LIMIT', 0, ARGV[1])) do
  found[#found + 1] = ticket
end
return found
