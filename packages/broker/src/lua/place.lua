-- include: clock, backlog, pace, release, forecast
-- Where a ticket stands.
-- KEYS: 1 stem of the provider's backlog
-- ARGV: 1 ticket
-- Returns: {'waiting', tickets of its tier that go first, ms until it starts or -1} |
--          {'delayed', tickets that would go first if it were due, ms until it starts} | {'ready'} | {'absent'}
local ticket = ARGV[1]
local facts = facts_of(ticket)
if not facts or redis.call('ZSCORE', STEM .. ':running', ticket) then return { 'absent' } end
if redis.call('ZSCORE', STEM .. ':ready', ticket) then return { 'ready' } end
local now = now_ms()
local due = redis.call('ZSCORE', STEM .. ':delayed', ticket)
if due then push_waiting(ticket, facts) end
local tickets, cost = ahead_in_tier(ticket, facts)
if due then
  take_waiting(ticket, facts)
  forget_idle_tier(facts.tier)
end
local _, _, served = survey(now)
local eta = -1
if served[facts.tier] then
  local beside, beside_cost = beside_tier(facts.tier, cost, served)
  local ready = redis.call('ZCARD', STEM .. ':ready')
  local average = tonumber(redis.call('HGET', STEM .. ':pace', 'cost') or facts.cost)
  eta = time_for(now, tickets + beside + ready, cost + beside_cost + ready * average)
end
if due then return { 'delayed', tickets, math.max(eta, tonumber(due) - now, 0) } end
return { 'waiting', tickets, eta }
