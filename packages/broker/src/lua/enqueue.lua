-- include: clock, backlog, pace, release
-- Puts a ticket into the backlog (or, when it is not due, among the delayed) and releases what may go.
-- Idempotent by ticket id.
-- KEYS: 1 stem of the provider's backlog
-- ARGV: 1 ticket, 2 tier, 3 tenant, 4 deadline in ms, 5 cost in tokens, 6 ready at in ms (0: now), 7 model
-- Returns: see release()
local now = now_ms()
local ticket = ARGV[1]
-- The record says that it is queued: whoever ran it is gone.
if redis.call('ZSCORE', STEM .. ':running', ticket) then forget(ticket) end
if redis.call('HEXISTS', STEM .. ':meta', ticket) == 0 then
  redis.call('HSET', STEM .. ':meta', ticket, table.concat({ ARGV[2], ARGV[5], ARGV[4], ARGV[3], now, ARGV[7] }, '|'))
  if tonumber(ARGV[6]) > now then
    redis.call('ZADD', STEM .. ':delayed', ARGV[6], ticket)
  else
    push_waiting(ticket, facts_of(ticket))
  end
end
return release(now)
