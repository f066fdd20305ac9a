-- include: clock, backlog
-- Delayed tickets of models are due now: what they waited for has come. The next release takes them.
-- KEYS: 1 stem of the provider's backlog
-- ARGV: models
-- Returns: how many were woken, at most 10,000 at once
local now = now_ms()
local wanted, woken = {}, 0
for _, model in ipairs(ARGV) do wanted[model] = true end
for _, ticket in ipairs(redis.call('ZRANGEBYSCORE', STEM .. ':delayed', '(' .. now, '+inf', 'LIMIT', 0, 10000)) do
  local facts = facts_of(ticket)
  if facts and wanted[facts.model] then
    redis.call('ZADD', STEM .. ':delayed', 'XX', now, ticket)
    woken = woken + 1
  end
end
return woken
