-- include: clock, release
-- How much waits at a provider.
-- KEYS: 1 stem of the provider's backlog
-- Returns: {tier, waiting, tier, waiting, …, 'delayed', n, 'ready', n, 'capacity', n, 'inflight', n}
local counts = {}
for _, tier in ipairs(TIERS) do
  local waiting = 0
  for _, tenant in ipairs(redis.call('ZRANGE', STEM .. ':tenants:' .. tier, 0, -1)) do
    waiting = waiting + redis.call('ZCARD', STEM .. ':wait:' .. tier .. ':' .. tenant)
  end
  counts[#counts + 1] = tier
  counts[#counts + 1] = waiting
end
local capacity, inflight = survey(now_ms())
for name, count in pairs({
  delayed = redis.call('ZCARD', STEM .. ':delayed'), ready = redis.call('ZCARD', STEM .. ':ready'),
  capacity = capacity, inflight = inflight }) do
  counts[#counts + 1] = name
  counts[#counts + 1] = count
end
return counts
