-- The release stage: which waiting tickets of a provider may go to BullMQ now. Needs clock.lua.
-- KEYS[1] is the stem of the provider's keys; all of them carry the hash tag {provider}:
--   :wait:<tier>:<tenant>  zset ticket -> deadline         :tenants:<tier>  zset tenant -> virtual start
--   :virtual               hash tier -> virtual time       :last:<tier>     hash tenant -> virtual finish
--   :pass                  hash tier -> stride pass, now   :meta            hash ticket -> tier|cost|deadline|tenant
--   :delayed               zset ticket -> ready at         :ready           zset ticket -> last seen
--   :workers               hash worker -> capacity|inflight|expires|tiers
--   :pace                  hash rate, token_rate, slots (the provider's limits), cost (average), starts of two seconds
local STEM = KEYS[1]
local TIERS = { 'priority', 'standard', 'flex' }
local STALE_MS = 600

local function split(text)
  local parts = {}
  for part in string.gmatch(text, '[^|]+') do parts[#parts + 1] = part end
  return parts
end

-- Puts a ticket into its tenant's backlog. A tenant that becomes active starts at the larger of the tier's virtual
-- time and its own last finish, so that it hoards nothing.
local function push_waiting(ticket, tier, tenant, deadline)
  local tenants = STEM .. ':tenants:' .. tier
  redis.call('ZADD', STEM .. ':wait:' .. tier .. ':' .. tenant, deadline, ticket)
  if not redis.call('ZSCORE', tenants, tenant) then
    local virtual = tonumber(redis.call('HGET', STEM .. ':virtual', tier) or '0')
    local last = tonumber(redis.call('HGET', STEM .. ':last:' .. tier, tenant) or '0')
    redis.call('ZADD', tenants, math.max(virtual, last), tenant)
  end
end

local function is_waiting(ticket)
  return redis.call('HEXISTS', STEM .. ':meta', ticket) == 1
end

-- Takes the next ticket of a tier: the tenant that is furthest behind, its earliest deadline.
local function pop_waiting(tier)
  local tenants = STEM .. ':tenants:' .. tier
  local first = redis.call('ZRANGE', tenants, 0, 0, 'WITHSCORES')
  local tenant, start = first[1], tonumber(first[2])
  local wait = STEM .. ':wait:' .. tier .. ':' .. tenant
  local ticket = redis.call('ZPOPMIN', wait)[1]
  local cost = 1
  if ticket then cost = tonumber(split(redis.call('HGET', STEM .. ':meta', ticket) or '||1')[2] or '1') end
  redis.call('HSET', STEM .. ':virtual', tier, start)
  if redis.call('EXISTS', wait) == 1 then
    redis.call('ZADD', tenants, start + cost, tenant)
  else
    redis.call('ZREM', tenants, tenant)
  end
  if redis.call('EXISTS', tenants) == 1 then
    redis.call('HSET', STEM .. ':last:' .. tier, tenant, start + cost)
  else
    redis.call('DEL', STEM .. ':last:' .. tier)
    redis.call('HDEL', STEM .. ':virtual', tier)
  end
  return ticket, cost
end

-- Where a tier stands in the stride: its own pass, but not before the pass of the last release, so that a tier which
-- was idle, or which nobody drained, hoards nothing.
local function pass_of(tier)
  local pass = redis.call('HMGET', STEM .. ':pass', tier, 'now')
  return math.max(tonumber(pass[1] or '0'), tonumber(pass[2] or '0'))
end

-- Live workers: capacity, calls in flight, and which tiers somebody drains.
local function survey(now)
  local capacity, inflight, served = 0, 0, {}
  local rows = redis.call('HGETALL', STEM .. ':workers')
  for i = 1, #rows, 2 do
    local row = split(rows[i + 1])
    if tonumber(row[3]) <= now then
      redis.call('HDEL', STEM .. ':workers', rows[i])
    else
      capacity = capacity + tonumber(row[1])
      inflight = inflight + tonumber(row[2])
      for tier in string.gmatch(row[4], '[^,]+') do served[tier] = true end
    end
  end
  return capacity, inflight, served
end

-- Starts a second, measured over the running second and the one before.
local function start_rate(now)
  local pace = redis.call('HMGET', STEM .. ':pace', 'second', 'count', 'before')
  local second = math.floor(now / 1000)
  local seen = tonumber(pace[1] or '0')
  local part = (now % 1000) / 1000
  if seen == second then return tonumber(pace[3] or '0') * (1 - part) + tonumber(pace[2] or '0') end
  if seen == second - 1 then return tonumber(pace[2] or '0') * (1 - part) end
  return 0
end

local function count_start(now)
  local second = math.floor(now / 1000)
  local pace = redis.call('HMGET', STEM .. ':pace', 'second', 'count')
  local seen = tonumber(pace[1] or '0')
  if seen == second then
    redis.call('HINCRBY', STEM .. ':pace', 'count', 1)
  else
    redis.call('HSET', STEM .. ':pace', 'second', second, 'before', seen == second - 1 and pace[2] or 0, 'count', 1)
  end
end

-- How many tickets may be ready at once: what gets a permit within 50 ms, at least 2, so that a ticket of a more
-- urgent tier never stands behind many others; and never more than the workers have room for.
local function ready_target(now, capacity, inflight)
  local room = math.max(0, capacity - inflight)
  local pace = redis.call('HMGET', STEM .. ':pace', 'rate', 'token_rate', 'slots', 'cost')
  local rate, token_rate, slots = tonumber(pace[1] or '0'), tonumber(pace[2] or '0'), tonumber(pace[3] or '0')
  if rate == 0 and token_rate == 0 and slots == 0 then return room end
  local free = slots > 0 and math.max(0, slots - inflight) or room
  local target = free + 0.05 * start_rate(now)
  if rate > 0 then target = math.min(target, 0.05 * rate) end
  if token_rate > 0 then
    -- Until a first release has told what tickets cost, only the least is sure to get its tokens in time.
    local cost = tonumber(pace[4] or tostring(token_rate))
    target = math.min(target, 0.05 * token_rate / math.max(1, cost))
  end
  return math.min(room, math.max(2, math.floor(target)))
end

local function forget_ready(ticket)
  redis.call('ZREM', STEM .. ':ready', ticket)
end

-- release(now, shares): moves due delayed tickets back, takes ready tickets that nobody holds any more out of the
-- count, and releases while fewer than the target are ready.
-- Returns {released tickets, lost tickets, ms until the next delayed one is due or -1}; entries are 'ticket|tier'.
local function release(now, shares)
  local due = redis.call('ZRANGEBYSCORE', STEM .. ':delayed', '-inf', now, 'LIMIT', 0, 500)
  for _, ticket in ipairs(due) do
    redis.call('ZREM', STEM .. ':delayed', ticket)
    local meta = redis.call('HGET', STEM .. ':meta', ticket)
    if meta then
      local facts = split(meta)
      push_waiting(ticket, facts[1], facts[4], facts[3])
    end
  end
  local next_due = redis.call('ZRANGE', STEM .. ':delayed', 0, 0, 'WITHSCORES')[2]
  local next_ms = next_due and math.max(0, tonumber(next_due) - now) or -1

  local released, lost = {}, {}
  local capacity, inflight, served = survey(now)
  if capacity == 0 then return { released, lost, next_ms } end

  local rate = start_rate(now)
  local stale = now - math.max(STALE_MS, rate > 0 and 3000 / rate or 0)
  for _, ticket in ipairs(redis.call('ZRANGEBYSCORE', STEM .. ':ready', '-inf', stale, 'LIMIT', 0, 200)) do
    redis.call('ZREM', STEM .. ':ready', ticket)
    lost[#lost + 1] = ticket
  end

  local ready = redis.call('ZCARD', STEM .. ':ready')
  local target = ready_target(now, capacity, inflight)
  while ready < target do
    local tier, least
    for index, name in ipairs(TIERS) do
      if served[name] and redis.call('EXISTS', STEM .. ':tenants:' .. name) == 1 then
        local pass = pass_of(name)
        if not least or pass < least then tier, least = index, pass end
      end
    end
    if not tier then break end
    local name = TIERS[tier]
    local ticket, cost = pop_waiting(name)
    if ticket then
      redis.call('HSET', STEM .. ':pass', name, least + cost / shares[tier], 'now', least)
      redis.call('HDEL', STEM .. ':meta', ticket)
      redis.call('ZADD', STEM .. ':ready', now, ticket)
      local average = tonumber(redis.call('HGET', STEM .. ':pace', 'cost') or cost)
      redis.call('HSET', STEM .. ':pace', 'cost', average + 0.1 * (cost - average))
      released[#released + 1] = ticket .. '|' .. name
      ready = ready + 1
    end
  end
  return { released, lost, next_ms }
end

local function parse_shares(text)
  local shares = {}
  for share in string.gmatch(text, '[^,]+') do shares[#shares + 1] = tonumber(share) end
  return shares
end
