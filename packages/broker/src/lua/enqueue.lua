-- include: clock, release
-- Puts a ticket into the backlog (or, when it is not due, among the delayed) and releases what may go.
-- Idempotent by ticket id.
-- KEYS: 1 stem of the provider's backlog
-- ARGV: 1 shares of the tiers, 2 ticket, 3 tier, 4 tenant, 5 deadline in ms, 6 cost in tokens, 7 ready at in ms (0: now)
-- Returns: see release()
local now = now_ms()
local ticket, tier, tenant, deadline, cost = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
if not is_waiting(ticket) and not redis.call('ZSCORE', STEM .. ':ready', ticket) then
  redis.call('HSET', STEM .. ':meta', ticket, tier .. '|' .. cost .. '|' .. deadline .. '|' .. tenant)
  if tonumber(ARGV[7]) > now then
    redis.call('ZADD', STEM .. ':delayed', ARGV[7], ticket)
  else
    push_waiting(ticket, tier, tenant, deadline)
  end
end
return release(now, parse_shares(ARGV[1]))
