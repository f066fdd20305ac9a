-- include: clock, backlog
-- Tickets whose deadline has passed while they waited. They stay until they are withdrawn.
-- KEYS: 1 stem of the provider's backlog
-- ARGV: 1 at most so many of each tenant and model
-- Returns: tickets
local now = now_ms()
local found = {}
for _, tier in ipairs(TIERS) do
  for _, tenant in ipairs(redis.call('ZRANGE', STEM .. ':tenants:' .. tier, 0, 999)) do
    for _, model in ipairs(redis.call('ZRANGEBYSCORE', STEM .. ':models:' .. tier .. ':' .. tenant, '-inf', now)) do
      for _, ticket in ipairs(redis.call('ZRANGEBYSCORE', wait_key(tier, tenant, model), '-inf', now, 'LIMIT', 0, ARGV[1])) do
        found[#found + 1] = ticket
      end
    end
  end
end
for _, ticket in ipairs(redis.call('ZRANGEBYSCORE', STEM .. ':delayed', '-inf', now, 'LIMIT', 0, ARGV[1])) do
  found[#found + 1] = ticket
end
return found
