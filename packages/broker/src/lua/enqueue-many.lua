-- include: clock, backlog, pace, release
-- Puts many tickets into the backlog and then releases what may go. Idempotent by ticket id.
-- KEYS: 1 stem of the provider's backlog
-- ARGV: ticket, tier, tenant, deadline in ms, cost in tokens, model; repeated
-- Returns: see release()
local now = now_ms()
for i = 1, #ARGV, 6 do
  local ticket = ARGV[i]
  if redis.call('HEXISTS', STEM .. ':meta', ticket) == 0 then
    redis.call('HSET', STEM .. ':meta', ticket,
      table.concat({ ARGV[i + 1], ARGV[i + 4], ARGV[i + 3], ARGV[i + 2], now, ARGV[i + 5] }, '|'))
    push_waiting(ticket, facts_of(ticket))
  end
end
return release(now)
