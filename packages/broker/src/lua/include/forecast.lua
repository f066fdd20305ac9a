-- What goes before a ticket or a tier, by the rules of the release stage. Needs backlog.lua, pace.lua, release.lua.

local FORECAST_TENANTS = 500

-- Tickets and cost that go first in the ticket's own tier: the earlier ones of its tenant, and of the other tenants
-- those whose virtual start is not after its own.
local function ahead_in_tier(ticket, facts)
  local tier, tenant = facts.tier, facts.tenant
  local rank = 0
  for _, model in ipairs(redis.call('ZRANGE', STEM .. ':models:' .. tier .. ':' .. tenant, 0, -1)) do
    local wait = wait_key(tier, tenant, model)
    rank = rank + (model == facts.model and redis.call('ZRANK', wait, ticket) or redis.call('ZCOUNT', wait, '-inf', '(' .. facts.deadline))
  end
  local own_count, own_cost = load_of(tier .. ':' .. tenant)
  local own_mean = own_count > 0 and own_cost / own_count or facts.cost
  local virtual = tonumber(redis.call('HGET', STEM .. ':virtual', tier) or '0')
  local tenants = STEM .. ':tenants:' .. tier
  local begins = tonumber(redis.call('ZSCORE', tenants, tenant) or tostring(virtual))
  local start = math.max(begins, virtual) + rank * own_mean / policy_of(tenant)
  local tickets, cost = rank, rank * own_mean
  local order = redis.call('ZRANGE', tenants, 0, FORECAST_TENANTS - 1, 'WITHSCORES')
  for i = 1, #order, 2 do
    local other, at = order[i], math.max(tonumber(order[i + 1]), virtual)
    if other ~= tenant and at <= start then
      local others, others_cost = load_of(tier .. ':' .. other)
      local mean = others > 0 and others_cost / others or 1
      local turns = (start - at) * policy_of(other) / mean
      -- Equal virtual starts go by name.
      local first = other < tenant and math.floor(turns + 1e-9) + 1 or math.ceil(turns - 1e-9)
      local before = math.max(0, math.min(others, first))
      tickets = tickets + before
      cost = cost + before * mean
    end
  end
  return tickets, cost
end

-- Tickets and cost of the other tiers that go while `cost` of this tier does: the stride gives each its share.
local function beside_tier(tier, cost, served)
  local finish = pass_of(tier) + cost / share_of(tier)
  local tickets, total = 0, 0
  for _, other in ipairs(TIERS) do
    local waiting, waiting_cost = load_of(other)
    if other ~= tier and waiting > 0 and served[other] then
      local part = math.max(0, math.min(waiting_cost, (finish - pass_of(other)) * share_of(other)))
      total = total + part
      tickets = tickets + part * waiting / waiting_cost
    end
  end
  return tickets, total
end

-- Milliseconds until so many tickets of such cost have gone; -1 when nothing is known of the pace.
local function time_for(now, tickets, cost)
  local rate, token_rate, token_bound = drain_rate(now)
  if token_bound and token_rate > 0 then return math.floor(cost / token_rate * 1000) end
  if rate > 0 then return math.floor(tickets / rate * 1000) end
  return -1
end
