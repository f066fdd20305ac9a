-- What waits at a provider, and who has it now. Needs clock.lua.
-- KEYS[1] is the stem of the provider's keys; all of them carry the hash tag {provider}:
--   :meta                           hash ticket -> tier|cost|deadline|tenant|queued at|model, until the ticket is forgotten
--   :wait:<tier>:<tenant>:<model>   zset ticket -> deadline
--   :models:<tier>:<tenant>         zset model -> earliest deadline of its tickets
--   :tenants:<tier>                 zset tenant -> virtual start (start-time fair queueing)
--   :virtual                        hash tier -> virtual time       :last:<tier>  hash tenant -> virtual finish
--   :since:<tier>                   zset waiting ticket -> queued at
--   :load                           hash n:<tier>, c:<tier>, n:<tier>:<tenant>, c:… -> waiting tickets, their cost
--   :delayed                        zset ticket -> ready at
--   :ready                          zset ticket -> last seen        :running      zset ticket -> given up at
--   :active                         hash r:<model> ready, f:<model> running, t:<tenant> both -> tickets
--   :policy                         hash revision, shares of tiers, weights and caps of tenants
-- A tenant's name and a tier's hold no ':'.
local STEM = KEYS[1]
local TIERS = { 'priority', 'standard', 'flex' }
-- A killed worker's ticket is back at another one before it stops counting as running.
local RUNNING_MS = 20000

local function split(text)
  local parts = {}
  for part in string.gmatch(text, '[^|]+') do parts[#parts + 1] = part end
  return parts
end

-- What is known of a ticket, or nil.
local function facts_of(ticket)
  local meta = redis.call('HGET', STEM .. ':meta', ticket)
  if not meta then return nil end
  local tier, cost, deadline, tenant, queued, model =
    string.match(meta, '^([^|]*)|([^|]*)|([^|]*)|([^|]*)|([^|]*)|(.*)$')
  return { tier = tier, cost = tonumber(cost), deadline = deadline, tenant = tenant, queued = queued, model = model }
end

local function wait_key(tier, tenant, model)
  return STEM .. ':wait:' .. tier .. ':' .. tenant .. ':' .. model
end

-- Counts up or down; a counter at zero is removed, so that nothing is left of tenants and models that went.
local function count(hash, field, by)
  if redis.call('HINCRBY', STEM .. hash, field, by) <= 0 then redis.call('HDEL', STEM .. hash, field) end
end

local function count_waiting(facts, by)
  local of_tenant = facts.tier .. ':' .. facts.tenant
  count(':load', 'n:' .. facts.tier, by)
  count(':load', 'c:' .. facts.tier, by * facts.cost)
  count(':load', 'n:' .. of_tenant, by)
  count(':load', 'c:' .. of_tenant, by * facts.cost)
end

local function load_of(name)
  local load = redis.call('HMGET', STEM .. ':load', 'n:' .. name, 'c:' .. name)
  return tonumber(load[1] or '0'), tonumber(load[2] or '0')
end

-- Weight of a tenant, and how many of its calls may run at once here (0: as many as there is room for).
local function policy_of(tenant)
  local policy = redis.call('HMGET', STEM .. ':policy', 'w:' .. tenant, 'r:' .. tenant, 'weight', 'running')
  return tonumber(policy[1] or policy[3] or '1'), tonumber(policy[2] or policy[4] or '0')
end

local function share_of(tier)
  return tonumber(redis.call('HGET', STEM .. ':policy', 'share:' .. tier) or '1')
end

-- Puts a ticket into its tenant's backlog. A tenant that becomes active starts at the larger of the tier's virtual
-- time and its own last finish, so that it hoards nothing.
local function push_waiting(ticket, facts)
  local tier, tenant = facts.tier, facts.tenant
  local tenants = STEM .. ':tenants:' .. tier
  redis.call('ZADD', wait_key(tier, tenant, facts.model), facts.deadline, ticket)
  redis.call('ZADD', STEM .. ':models:' .. tier .. ':' .. tenant, 'LT', facts.deadline, facts.model)
  redis.call('ZADD', STEM .. ':since:' .. tier, facts.queued, ticket)
  count_waiting(facts, 1)
  if not redis.call('ZSCORE', tenants, tenant) then
    local virtual = tonumber(redis.call('HGET', STEM .. ':virtual', tier) or '0')
    local last = tonumber(redis.call('HGET', STEM .. ':last:' .. tier, tenant) or '0')
    redis.call('ZADD', tenants, math.max(virtual, last), tenant)
  end
end

-- Takes a ticket out of its tenant's backlog. True when it was there.
local function take_waiting(ticket, facts)
  local tier, tenant, model = facts.tier, facts.tenant, facts.model
  local wait, models = wait_key(tier, tenant, model), STEM .. ':models:' .. tier .. ':' .. tenant
  if redis.call('ZREM', wait, ticket) == 0 then return false end
  redis.call('ZREM', STEM .. ':since:' .. tier, ticket)
  count_waiting(facts, -1)
  local head = redis.call('ZRANGE', wait, 0, 0, 'WITHSCORES')
  if head[1] then
    redis.call('ZADD', models, head[2], model)
  else
    redis.call('ZREM', models, model)
    if redis.call('EXISTS', models) == 0 then redis.call('ZREM', STEM .. ':tenants:' .. tier, tenant) end
  end
  return true
end

-- A tier that nobody waits in begins anew; its tenants owe nothing.
local function forget_idle_tier(tier)
  if redis.call('EXISTS', STEM .. ':tenants:' .. tier) == 0 then
    redis.call('DEL', STEM .. ':last:' .. tier)
    redis.call('HDEL', STEM .. ':virtual', tier)
  end
end

local function make_ready(ticket, facts, now)
  redis.call('ZADD', STEM .. ':ready', now, ticket)
  count(':active', 'r:' .. facts.model, 1)
  count(':active', 't:' .. facts.tenant, 1)
end

-- The call of a ready ticket runs. Returns what is known of it, nil when it was not ready.
local function make_running(ticket, now)
  local facts = facts_of(ticket)
  if redis.call('ZREM', STEM .. ':ready', ticket) == 0 or not facts then return nil end
  redis.call('ZADD', STEM .. ':running', now + RUNNING_MS, ticket)
  count(':active', 'r:' .. facts.model, -1)
  count(':active', 'f:' .. facts.model, 1)
  return facts
end

-- Takes a ticket out of wherever it is; what is not there is nowhere counted.
local function forget(ticket)
  local facts = facts_of(ticket)
  if not facts then return end
  if take_waiting(ticket, facts) then
    forget_idle_tier(facts.tier)
  elseif redis.call('ZREM', STEM .. ':ready', ticket) == 1 then
    count(':active', 'r:' .. facts.model, -1)
    count(':active', 't:' .. facts.tenant, -1)
  elseif redis.call('ZREM', STEM .. ':running', ticket) == 1 then
    count(':active', 'f:' .. facts.model, -1)
    count(':active', 't:' .. facts.tenant, -1)
  end
  redis.call('ZREM', STEM .. ':delayed', ticket)
  redis.call('HDEL', STEM .. ':meta', ticket)
end
