-- How fast a provider takes calls: what it allows, what was measured, and how much may be ready. Needs backlog.lua.
--   :workers  hash worker -> capacity|inflight|expires|tiers
--   :limits   hash model -> requests/s|tokens/s|slots; only models with limits of their own
--   :hold     hash model, '*' for all -> nothing of it is released before this time
--   :pace     hash rate, token_rate, slots: the provider's limits; cost: average of a ticket; second, count, before:
--             starts of two seconds; busy, last, drained, drained_cost, drained_ms: starts while others waited, fading
local DRAIN_MEMORY_MS = 30000
local LEAST_MEASURED_MS = 500
local ALL_USED = 0.97
-- Permits a second that are further apart than it takes to hand a ticket over; and how many intervals it may take.
local FAR_APART = 25
local IN_TIME = 1.5

-- Live workers: capacity, calls in flight, which tiers somebody drains, and how many workers there are.
local function survey(now)
  local capacity, inflight, served, workers = 0, 0, {}, 0
  local rows = redis.call('HGETALL', STEM .. ':workers')
  for i = 1, #rows, 2 do
    local row = split(rows[i + 1])
    if tonumber(row[3]) <= now then
      redis.call('HDEL', STEM .. ':workers', rows[i])
    else
      workers = workers + 1
      capacity = capacity + tonumber(row[1])
      inflight = inflight + tonumber(row[2])
      for tier in string.gmatch(row[4], '[^,]+') do served[tier] = true end
    end
  end
  return capacity, inflight, served, workers
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

-- Counts a start. The drain rate is measured only while tickets wait: an idle provider is not a slow one.
local function count_start(now, cost)
  local second = math.floor(now / 1000)
  local pace = redis.call('HMGET', STEM .. ':pace', 'second', 'count', 'busy', 'last', 'drained', 'drained_cost', 'drained_ms')
  local seen = tonumber(pace[1] or '0')
  if seen == second then
    redis.call('HINCRBY', STEM .. ':pace', 'count', 1)
  else
    redis.call('HSET', STEM .. ':pace', 'second', second, 'before', seen == second - 1 and pace[2] or 0, 'count', 1)
  end
  if not pace[3] then return end
  local elapsed = math.max(0, now - math.max(tonumber(pace[3]), tonumber(pace[4] or '0')))
  local kept = math.exp(-elapsed / DRAIN_MEMORY_MS)
  redis.call('HSET', STEM .. ':pace', 'last', now,
    'drained', tonumber(pace[5] or '0') * kept + 1,
    'drained_cost', tonumber(pace[6] or '0') * kept + cost,
    'drained_ms', tonumber(pace[7] or '0') * kept + elapsed)
end

-- Tickets wait, or none does any more: what the drain rate is measured between.
local function mark_busy(now)
  if redis.call('EXISTS', STEM .. ':load') == 1 then
    redis.call('HSETNX', STEM .. ':pace', 'busy', now)
  else
    redis.call('HDEL', STEM .. ':pace', 'busy')
  end
end

-- Tickets and tokens a second that the provider drains: measured, but no more than it allows. 0: nothing is known.
-- The third value tells that tokens bound it, not tickets.
local function drain_rate(now)
  local pace = redis.call('HMGET', STEM .. ':pace', 'rate', 'token_rate', 'busy', 'last', 'drained', 'drained_cost', 'drained_ms')
  local rate, token_rate = tonumber(pace[1] or '0'), tonumber(pace[2] or '0')
  local tickets, tokens = 0, 0
  local measured_ms = tonumber(pace[7] or '0')
  if pace[3] and pace[4] then measured_ms = measured_ms + math.max(0, now - math.max(tonumber(pace[3]), tonumber(pace[4]))) end
  if measured_ms >= LEAST_MEASURED_MS then
    tickets = tonumber(pace[5] or '0') * 1000 / measured_ms
    tokens = tonumber(pace[6] or '0') * 1000 / measured_ms
  end
  local token_bound = token_rate > 0 and (rate == 0 or tokens / token_rate > tickets / rate)
  if tickets == 0 then token_bound = token_rate > 0 and rate == 0 end
  if rate > 0 then tickets = tickets > 0 and math.min(tickets, rate) or rate end
  if token_rate > 0 then tokens = tokens > 0 and math.min(tokens, token_rate) or token_rate end
  return tickets, tokens, token_bound
end

-- What gets a permit within 50 ms, so that a ticket of a more urgent tier never stands behind many others; at least
-- `least`, and never more than there is room for.
local function target_within(rate, token_rate, slots, inflight, room, started, least)
  local free = slots > 0 and math.max(0, slots - inflight) or room
  local target = free + 0.05 * started
  if rate > 0 then target = math.min(target, 0.05 * rate) end
  if token_rate > 0 then
    -- Until a first release has told what tickets cost, only the least is sure to get its tokens in time.
    local cost = tonumber(redis.call('HGET', STEM .. ':pace', 'cost') or tostring(token_rate))
    target = math.min(target, 0.05 * token_rate / math.max(1, cost))
  end
  return math.min(room, math.max(least, math.floor(target)))
end

-- Two tickets, so that one is at hand when the other has started. One is enough while all of the rate is used: for a
-- single worker process, and for several, which are slower to take tickets, where permits are far apart and come in
-- time. A ticket that is lost with its process stops the others no longer than that.
local function least_ready(now, rate, workers)
  if rate == 0 or start_rate(now) < ALL_USED * rate then return 2 end
  if workers == 1 then return 1 end
  local last = tonumber(redis.call('HGET', STEM .. ':pace', 'last') or '0')
  return rate <= FAR_APART and now - last <= IN_TIME * 1000 / rate and 1 or 2
end

-- How many tickets may be ready at once.
local function ready_target(now, capacity, inflight, workers)
  local room = math.max(0, capacity - inflight)
  local pace = redis.call('HMGET', STEM .. ':pace', 'rate', 'token_rate', 'slots')
  local rate, token_rate, slots = tonumber(pace[1] or '0'), tonumber(pace[2] or '0'), tonumber(pace[3] or '0')
  if rate == 0 and token_rate == 0 and slots == 0 then return room end
  local least = least_ready(now, rate, workers)
  return target_within(rate, token_rate, slots, inflight, room, start_rate(now), least)
end

-- Whether one more ticket of a model may become ready: it is not on hold, and its own limits have room. A model that
-- is full keeps its own tickets back and nobody else's.
local function model_has_room(now, model, room)
  local held = redis.call('HGET', STEM .. ':hold', model)
  if held then
    if tonumber(held) > now then return false end
    redis.call('HDEL', STEM .. ':hold', model)
  end
  local limits = redis.call('HGET', STEM .. ':limits', model)
  if not limits then return true end
  local parts = split(limits)
  local active = redis.call('HMGET', STEM .. ':active', 'r:' .. model, 'f:' .. model)
  local target = target_within(tonumber(parts[1]), tonumber(parts[2]), tonumber(parts[3]), tonumber(active[2] or '0'), room, start_rate(now), 2)
  return tonumber(active[1] or '0') < target
end
