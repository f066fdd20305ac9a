-- The release stage: which waiting tickets of a provider may go to BullMQ now. Needs backlog.lua and pace.lua.
--   :pass  hash tier -> stride pass, now -> pass of the last release
local STALE_MS = 600
-- Tenants of a tier, in their order, that are looked at when those before them are full.
local TENANTS_TRIED = 200

-- The first ticket of a tenant that may go, by deadline; nil when all of its models are full.
local function head_of(tier, tenant, now, room)
  for _, model in ipairs(redis.call('ZRANGE', STEM .. ':models:' .. tier .. ':' .. tenant, 0, -1)) do
    if model_has_room(now, model, room) then
      return redis.call('ZRANGE', wait_key(tier, tenant, model), 0, 0)[1]
    end
  end
end

-- Takes the next ticket of a tier: of the tenants that may start more, the one that is furthest behind.
-- Returns nil when nobody may.
local function pop_waiting(tier, now, room)
  local tenants = STEM .. ':tenants:' .. tier
  local virtual = tonumber(redis.call('HGET', STEM .. ':virtual', tier) or '0')
  local order = redis.call('ZRANGE', tenants, 0, TENANTS_TRIED - 1, 'WITHSCORES')
  for i = 1, #order, 2 do
    local tenant = order[i]
    local weight, cap = policy_of(tenant)
    local free = cap == 0 or tonumber(redis.call('HGET', STEM .. ':active', 't:' .. tenant) or '0') < cap
    local ticket = free and head_of(tier, tenant, now, room)
    if ticket then
      local facts = facts_of(ticket)
      -- One that was kept back by its cap or its model's limits has saved nothing up meanwhile.
      local start = math.max(tonumber(order[i + 1]), virtual)
      local finish = start + facts.cost / weight
      redis.call('HSET', STEM .. ':virtual', tier, start)
      redis.call('HSET', STEM .. ':last:' .. tier, tenant, finish)
      take_waiting(ticket, facts)
      redis.call('ZADD', tenants, 'XX', finish, tenant)
      forget_idle_tier(tier)
      return ticket, facts
    end
  end
end

-- Where a tier stands in the stride: its own pass, but not before the pass of the last release, so that a tier which
-- was idle, or which nobody drained, hoards nothing.
local function pass_of(tier)
  local pass = redis.call('HMGET', STEM .. ':pass', tier, 'now')
  return math.max(tonumber(pass[1] or '0'), tonumber(pass[2] or '0'))
end

-- Gives back what a ticket was charged that was released and never started: it went back, or to another target.
local function refund(facts)
  local tier, tenant = facts.tier, facts.tenant
  local part = facts.cost / policy_of(tenant)
  if redis.call('HEXISTS', STEM .. ':pass', tier) == 1 then
    redis.call('HINCRBYFLOAT', STEM .. ':pass', tier, -facts.cost / share_of(tier))
  end
  if redis.call('ZSCORE', STEM .. ':tenants:' .. tier, tenant) then
    redis.call('ZINCRBY', STEM .. ':tenants:' .. tier, -part, tenant)
  end
  if redis.call('HEXISTS', STEM .. ':last:' .. tier, tenant) == 1 then
    redis.call('HINCRBYFLOAT', STEM .. ':last:' .. tier, tenant, -part)
  end
end

local function requeue_due(now)
  for _, ticket in ipairs(redis.call('ZRANGEBYSCORE', STEM .. ':delayed', '-inf', now, 'LIMIT', 0, 500)) do
    redis.call('ZREM', STEM .. ':delayed', ticket)
    local facts = facts_of(ticket)
    if facts then push_waiting(ticket, facts) end
  end
end

-- Ready tickets that no worker holds any more, and running ones that nobody runs.
local function take_lost(now)
  local rate = start_rate(now)
  local stale = now - math.max(STALE_MS, rate > 0 and 3000 / rate or 0)
  local lost = redis.call('ZRANGEBYSCORE', STEM .. ':ready', '-inf', stale, 'LIMIT', 0, 200)
  for _, ticket in ipairs(lost) do forget(ticket) end
  for _, ticket in ipairs(redis.call('ZRANGEBYSCORE', STEM .. ':running', '-inf', now, 'LIMIT', 0, 200)) do forget(ticket) end
  return lost
end

-- Milliseconds until something may go that may not go now, for no other reason than the time; -1: nothing.
local function next_due(now)
  local due = tonumber(redis.call('ZRANGE', STEM .. ':delayed', 0, 0, 'WITHSCORES')[2])
  local holds = redis.call('HVALS', STEM .. ':hold')
  for _, at in ipairs(holds) do
    if tonumber(at) > now and (not due or tonumber(at) < due) then due = tonumber(at) end
  end
  return due and math.max(0, due - now) or -1
end

local function is_on_hold(now)
  local held = redis.call('HGET', STEM .. ':hold', '*')
  if not held then return false end
  if tonumber(held) > now then return true end
  redis.call('HDEL', STEM .. ':hold', '*')
  return false
end

-- release(now): moves due delayed tickets back, takes ready tickets that nobody holds any more out of the count, and
-- releases while fewer than the target are ready.
-- Returns {released tickets, lost tickets, ms until something more is due or -1}; released ones are 'ticket|tier'.
local function release(now)
  requeue_due(now)
  mark_busy(now)
  local next_ms = next_due(now)
  local capacity, inflight, served, workers = survey(now)
  if capacity == 0 then return { {}, {}, next_ms } end

  local released, lost = {}, take_lost(now)
  if is_on_hold(now) then return { released, lost, next_ms } end
  local ready = redis.call('ZCARD', STEM .. ':ready')
  local target = ready_target(now, capacity, inflight, workers)
  local full = {}
  while ready < target do
    local tier, least
    for _, name in ipairs(TIERS) do
      if served[name] and not full[name] and redis.call('EXISTS', STEM .. ':tenants:' .. name) == 1 then
        local pass = pass_of(name)
        if not least or pass < least then tier, least = name, pass end
      end
    end
    if not tier then break end
    local ticket, facts = pop_waiting(tier, now, math.max(0, capacity - inflight))
    if ticket then
      redis.call('HSET', STEM .. ':pass', tier, least + facts.cost / share_of(tier), 'now', least)
      make_ready(ticket, facts, now)
      local average = tonumber(redis.call('HGET', STEM .. ':pace', 'cost') or facts.cost)
      redis.call('HSET', STEM .. ':pace', 'cost', average + 0.1 * (facts.cost - average))
      released[#released + 1] = ticket .. '|' .. tier
      ready = ready + 1
    else
      full[tier] = true
    end
  end
  mark_busy(now)
  return { released, lost, next_ms }
end
