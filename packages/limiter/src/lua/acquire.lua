-- Takes, all or nothing, one request, its tokens and a lease from the buckets of provider and model.
-- A reservation that holds a lease gets its first answer again and takes nothing.
-- KEYS  1 limits  2 state  3 leases  4 grants
-- ARGV  1 member "<reservation> <model>"  2 model  3 tokens
--       4 how far ahead a slot may lie  5 lease  6 renewal interval (microseconds)
-- Returns { status, microseconds, now, revision, grant }; status and microseconds are
--   granted      until the call may start
--   rate         until a slot comes within reach
--   concurrency  the same for the rate alone; when a lease is freed is unknown
--   unknown      no limits are stored: publish them and ask again

local limits_key, state_key, leases_key, grants_key = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local member, model = ARGV[1], ARGV[2]
local tokens, ahead = tonumber(ARGV[3]), tonumber(ARGV[4])
local lease, renew_every = tonumber(ARGV[5]), tonumber(ARGV[6])

local now = read_time()
local limits = redis.call('HMGET', limits_key, 'revision', 'provider', 'model:' .. model)
if not limits[1] then return { 'unknown', 0, now, '', '' } end
local clock = advance_clock(state_key, now, renew_every)

local held = redis.call('HGET', grants_key, member)
if held then
  redis.call('ZADD', leases_key, whole(clock + lease), member)
  local slot = tonumber(string.match(held, '^(%S+)'))
  return { 'granted', math.max(0, slot - now), now, limits[1], held }
end

for _, expired in ipairs(redis.call('ZRANGEBYSCORE', leases_key, '-inf', whole(clock), 'LIMIT', 0, 100)) do
  redis.call('ZREM', leases_key, expired)
  redis.call('HDEL', grants_key, expired)
  leave_flight(state_key, model_of(expired))
end

local stored = redis.call('HMGET', state_key, 'bucket:provider', 'bucket:model:' .. model, 'flight:' .. model)

-- An unknown bucket starts empty: what was spent before its data was lost can't be known.
local function refill(level, capacity, rate, elapsed)
  if not capacity then return nil end
  if not level then return 0 end
  return math.min(capacity, level + rate * elapsed)
end

local function shortage(level, need, rate)
  if not level or level >= need then return 0 end
  return math.ceil((need - level) / rate)
end

local function look_at(limit, bucket)
  if not limit then return { wait = 0 } end
  local request_capacity, request_rate, token_capacity, token_rate, tokens_at_most, concurrency =
    string.match(limit, '^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+)$')
  request_capacity, token_capacity = tonumber(request_capacity), tonumber(token_capacity)
  local at, requests, token_level
  if bucket then at, requests, token_level = string.match(bucket, '^(%S+) (%S+) (%S+)$') end
  local elapsed = math.max(0, now - (tonumber(at) or now))
  local scope = { limited = true, concurrency = tonumber(concurrency) }
  scope.requests = refill(tonumber(requests), request_capacity, tonumber(request_rate), elapsed)
  scope.tokens = refill(tonumber(token_level), token_capacity, tonumber(token_rate), elapsed)
  if scope.requests then scope.request_charge = 1 end
  if scope.tokens then scope.token_charge = math.min(tokens, tonumber(tokens_at_most)) end
  -- A call heavier than the bucket goes when the bucket is full, and leaves it in debt.
  scope.wait = math.max(
    shortage(scope.requests, 1, tonumber(request_rate)),
    shortage(scope.tokens, math.min(tokens, token_capacity or 0), tonumber(token_rate))
  )
  return scope
end

local provider = look_at(limits[2], stored[1])
local own = look_at(limits[3], stored[2])
local wait = math.max(provider.wait, own.wait)
local status = 'granted'
if provider.concurrency and redis.call('ZCARD', leases_key) >= provider.concurrency then status = 'concurrency' end
if own.concurrency and (tonumber(stored[3]) or 0) >= own.concurrency then status = 'concurrency' end
if status == 'granted' and wait > ahead then status = 'rate' end

local function save(field, scope)
  if not scope.limited then return end
  if status == 'granted' then
    scope.requests = scope.requests and scope.requests - scope.request_charge
    scope.tokens = scope.tokens and scope.tokens - scope.token_charge
  end
  redis.call('HSET', state_key, field, whole(now) .. ' ' .. exact(scope.requests) .. ' ' .. exact(scope.tokens))
end
save('bucket:provider', provider)
save('bucket:model:' .. model, own)

if status ~= 'granted' then return { status, math.max(0, wait - ahead), now, limits[1], '' } end

local grant = table.concat({
  whole(now + wait),
  exact(provider.request_charge), exact(provider.token_charge),
  exact(own.request_charge), exact(own.token_charge),
}, ' ')
redis.call('ZADD', leases_key, whole(clock + lease), member)
redis.call('HSET', grants_key, member, grant)
redis.call('HINCRBY', state_key, 'flight:' .. model, 1)
return { 'granted', wait, now, limits[1], grant }
