-- Takes, all or nothing, one request, its tokens and a lease from the buckets of provider, model and key.
-- A reservation that holds a lease gets its first answer again and takes nothing.
-- KEYS  1 limits  2 state  3 leases  4 grants
-- ARGV  1 member "<reservation> <model>"  2 model
--       3 key, or several separated by commas: the one that can start first is taken, among equals the first
--       4 input tokens  5 output tokens
--       6 how far ahead a slot may lie  7 lease  8 renewal interval (microseconds)  9 worker  10 claim
-- Returns { status, microseconds, now, revision, grant }; status and microseconds are
--   granted      until the call may start
--   rate         until a slot comes within reach
--   claim        a claim was taken for this heavy call: until it is full at the latest
--   concurrency  the same as rate, for the rate alone; when a lease is freed is unknown
--   unknown      no limits are stored: publish them and ask again

-- A call that needs more than this part of a bucket is heavy.
local HEAVY = 0.1
local MOST_CLAIMS = 64
-- What a full key is taken to wait, against keys that can tell.
local UNKNOWN_END = 1000000

local limits_key, state_key, leases_key, grants_key = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local member, model, worker, claim_id = ARGV[1], ARGV[2], ARGV[9], ARGV[10]
local candidates = {}
for candidate in string.gmatch(ARGV[3], '[^,]+') do candidates[#candidates + 1] = candidate end
local key = candidates[1]
local input, output, ahead = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local lease, renew_every = tonumber(ARGV[7]), tonumber(ARGV[8])
local model_scope, key_scope = 'model:' .. model, 'key:' .. key

local now = read_time()
local limits = redis.call('HMGET', limits_key, 'revision', 'provider', model_scope, key_scope)
if not limits[1] then return { 'unknown', 0, now, '', '' } end
local stored = redis.call(
  'HMGET', state_key, 'ran', 'clock', 'swept', 'scope:provider', 'scope:' .. model_scope, 'scope:' .. key_scope,
  'flight:' .. model_scope, 'flight:' .. key_scope
)
local clock = advanced_clock(stored[1], stored[2], now, renew_every)

local held = redis.call('HGET', grants_key, member)
if held then
  redis.call('ZADD', leases_key, whole(clock + lease), member)
  redis.call('HSET', state_key, 'ran', whole(now), 'clock', whole(clock))
  local slot = tonumber(string.match(held, '^(%S+)'))
  return { 'granted', math.max(0, slot - now), now, limits[1], held }
end

local in_model, in_key = tonumber(stored[7]) or 0, tonumber(stored[8]) or 0

local function sweep()
  for _, expired in ipairs(redis.call('ZRANGEBYSCORE', leases_key, '-inf', whole(clock), 'LIMIT', 0, 100)) do
    local expired_scope, grant = 'model:' .. model_of(expired), redis.call('HGET', grants_key, expired)
    redis.call('ZREM', leases_key, expired)
    redis.call('HDEL', grants_key, expired)
    leave_flight(state_key, expired_scope)
    if expired_scope == model_scope then in_model = math.max(0, in_model - 1) end
    local expired_key = grant and 'key:' .. key_of(grant)
    if expired_key then leave_flight(state_key, expired_key) end
    if expired_key == key_scope then in_key = math.max(0, in_key - 1) end
  end
end
local swept = tonumber(stored[3]) or 0
if clock - swept >= renew_every / 5 then
  sweep()
  swept = clock
end

-- How long a key of a pool keeps the call waiting, as far as that can be told without taking a claim. A key that holds
-- a claim of this call keeps it.
local function wait_of_key(scope, in_flight)
  refresh(scope, now)
  local longest = 0
  for _, claim in ipairs(scope.state.claims or {}) do
    if claim.id == claim_id then return -1 end
  end
  for _, bucket in ipairs(scope.limits.rates) do
    local need = math.min(amount_of(bucket.dimension, input, output), bucket.window and bucket.at_most or bucket.capacity)
    local lacking = need - scope.state[bucket.dimension]
    local shared = first_claim(scope.state, bucket.dimension)
    if lacking > 0 then
      longest = math.max(longest, time_until(scope.state, now, lacking / (shared and bucket.rate / 2 or bucket.rate)))
    end
  end
  for _, daily in ipairs(scope.limits.days) do
    local amount = math.min(amount_of(daily.dimension, input, output), daily.limit)
    if scope.state[daily.dimension] + amount > daily.limit then
      longest = math.max(longest, (scope.state.day + 1) * DAY - now)
    end
  end
  if scope.state.resume then longest = math.max(longest, scope.state.resume - now) end
  -- When a call ends is unknown.
  if scope.limits.concurrency and in_flight >= scope.limits.concurrency then longest = math.max(longest, UNKNOWN_END) end
  return longest
end

if #candidates > 1 then
  local best
  for _, candidate in ipairs(candidates) do
    local name = 'key:' .. candidate
    local held_state = redis.call('HMGET', state_key, 'scope:' .. name, 'flight:' .. name)
    local own_limits = redis.call('HGET', limits_key, name)
    local in_flight = tonumber(held_state[2]) or 0
    local own_wait = wait_of_key(open_scope('k', name, own_limits, held_state[1]), in_flight)
    if not best or own_wait < best then
      best, key, key_scope, in_key = own_wait, candidate, name, in_flight
      limits[4], stored[6] = own_limits, held_state[1]
    end
  end
end

local scopes = {
  open_scope('p', 'provider', limits[2], stored[4]),
  open_scope('m', model_scope, limits[3], stored[5]),
  open_scope('k', key_scope, limits[4], stored[6]),
}

local wait, claim_wait = 0, 0

-- What a heavy call lacks of a bucket, in microseconds of half the refill; it queues behind earlier claims.
local function claim_shortage(scope, bucket, need)
  local state, level = scope.state, scope.state[bucket.dimension]
  local own, queued_ahead, first = nil, 0, true
  for _, claim in ipairs(state.claims or {}) do
    if claim.dimension == bucket.dimension then
      if claim.id == claim_id then
        own = claim
        break
      end
      queued_ahead = queued_ahead + claim.need - claim.filled
      first = false
    end
  end
  if not own and first and level >= need then return 0 end
  if own and first then
    own.need = need
    if own.filled + math.max(0, level - bucket.capacity / 2) >= need then return 0 end
    if need <= bucket.capacity and level + own.filled >= bucket.capacity - 0.001 then return 0 end
  end
  local lacking = math.max(1, queued_ahead + need - (own and own.filled or 0))
  local shortage = math.ceil(time_until(state, now, 2 * lacking / bucket.rate))
  if own then
    own.due = now + shortage
  else
    state.claims = state.claims or {}
    if #state.claims < MOST_CLAIMS then
      local claim =
        { id = claim_id, dimension = bucket.dimension, need = need, filled = 0, due = now + shortage }
      state.claims[#state.claims + 1] = claim
    end
  end
  return shortage
end

local function rate_shortage(scope, bucket)
  local state, level = scope.state, scope.state[bucket.dimension]
  local amount = amount_of(bucket.dimension, input, output)
  -- A window counts a call in full; a bucket can't hold more than its capacity.
  local need = math.min(amount, bucket.window and bucket.at_most or bucket.capacity)
  local heavy = bucket.dimension ~= 'requests' and need > bucket.capacity * HEAVY
  if heavy then
    claim_wait = math.max(claim_wait, claim_shortage(scope, bucket, need))
    return 0
  end
  if level >= need then return 0 end
  local claim = first_claim(state, bucket.dimension)
  local rate = claim and claim.filled < claim.need and bucket.rate / 2 or bucket.rate
  return math.ceil(time_until(state, now, (need - level) / rate))
end

for _, scope in ipairs(scopes) do
  refresh(scope, now)
  for _, bucket in ipairs(scope.limits.rates) do
    wait = math.max(wait, rate_shortage(scope, bucket))
  end
  for _, daily in ipairs(scope.limits.days) do
    local amount = math.min(amount_of(daily.dimension, input, output), daily.limit)
    if scope.state[daily.dimension] + amount > daily.limit then
      wait = math.max(wait, (scope.state.day + 1) * DAY - now)
    end
  end
  if scope.state.resume then wait = math.max(wait, scope.state.resume - now) end
end

local function is_full()
  local provider, own, of_key = scopes[1].limits, scopes[2].limits, scopes[3].limits
  if provider.concurrency and redis.call('ZCARD', leases_key) >= provider.concurrency then return true end
  if own.concurrency and in_model >= own.concurrency then return true end
  return (of_key.concurrency and in_key >= of_key.concurrency) or false
end

local status = 'granted'
if claim_wait > 0 then
  status, wait = 'claim', math.max(wait, claim_wait)
else
  local full = is_full()
  if full and swept < clock then
    sweep()
    swept = clock
    full = is_full()
  end
  if full then
    status = 'concurrency'
  elseif wait > ahead then
    status = 'rate'
  end
end

local charges = {}

-- A claim pays for its call. A window counts a call that is larger than the bucket before and after it.
local function take_claim(scope, bucket)
  local state, kept = scope.state, {}
  if not state.claims then return end
  for _, claim in ipairs(state.claims) do
    if claim.id ~= claim_id or claim.dimension ~= bucket.dimension then
      kept[#kept + 1] = claim
    elseif claim.need > bucket.capacity then
      state[bucket.dimension] = bucket.capacity
    else
      state[bucket.dimension] = state[bucket.dimension] + claim.filled
    end
  end
  state.claims = #kept > 0 and kept or nil
end

local function charge(scope)
  local state = scope.state
  for _, bucket in ipairs(scope.limits.rates) do
    local dimension = bucket.dimension
    local amount = math.min(amount_of(dimension, input, output), bucket.at_most)
    take_claim(scope, bucket)
    state[dimension] = state[dimension] - amount
    local spent = (state['spent.' .. dimension] or 0) + amount
    state['spent.' .. dimension] = spent
    charges[#charges + 1] = scope.letter .. ':' .. dimension .. ':' .. exact(amount) .. ':' .. exact(spent)
  end
  for _, daily in ipairs(scope.limits.days) do
    local dimension = daily.dimension
    local amount = math.min(amount_of(dimension, input, output), daily.limit)
    state[dimension] = state[dimension] + amount
    if (state.day + 1) * DAY - now <= daily.late then
      state['late.' .. dimension] = (state['late.' .. dimension] or 0) + amount
    end
    charges[#charges + 1] = scope.letter .. ':' .. dimension .. ':' .. exact(amount) .. ':0'
  end
end

local fields = { 'ran', whole(now), 'clock', whole(clock), 'swept', whole(swept) }
for _, scope in ipairs(scopes) do
  if status == 'granted' then charge(scope) end
  if scope.limited or scope.state.resume then
    fields[#fields + 1] = 'scope:' .. scope.name
    fields[#fields + 1] = cmsgpack.pack(scope.state)
  end
end
if status ~= 'granted' then
  redis.call('HSET', state_key, unpack(fields))
  if status == 'claim' then return { status, wait, now, limits[1], '' } end
  return { status, math.max(0, wait - ahead), now, limits[1], '' }
end

fields[#fields + 1] = 'flight:' .. model_scope
fields[#fields + 1] = in_model + 1
if key ~= '-' then
  fields[#fields + 1] = 'flight:' .. key_scope
  fields[#fields + 1] = in_key + 1
end
redis.call('HSET', state_key, unpack(fields))
local grant = whole(now + wait) .. ' ' .. worker .. ' ' .. key .. ' ' .. table.concat(charges, ';') .. '; ' .. model
redis.call('ZADD', leases_key, whole(clock + lease), member)
redis.call('HSET', grants_key, member, grant)
return { 'granted', wait, now, limits[1], grant }
