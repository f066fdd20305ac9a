-- Takes and ends permits: the steps of one process, one after the other, so that many cost one round trip. Each step is
-- all or nothing over the buckets of its provider, model and key, and what a step changes holds for those after it.
-- KEYS  1 limits  2 state  3 leases  4 grants  5 holders
-- ARGV  1 lease  2 renewal interval (microseconds)  3 holder  4 its place, or ""  5 channel of the provider's changes
--       then seven for each step: what, member "<reservation> <model>", model, key, input tokens, output tokens, claim
--       acquire and behind may name several keys, separated by commas: the one that can start first is taken, among
--       equals the first. When a lease ends, the key of its grant counts.
--       what is
--         acquire   takes one request, the tokens and a lease; a reservation that holds a lease gets its first answer
--                   again and takes nothing
--         behind    the same, unless the acquire before it was refused: then it takes nothing either
--         keep      ends a lease, once: a reservation without a lease changes nothing. The charge stands
--         settle    the same; the tokens are what the call really took
--         at_least  the same; the call took these tokens or more, so nothing is refunded
--         return    the same; the call was not made
-- Returns { now, revision, neighbours, then for each step its status, a number and a grant }
--   revision    "" when no limits are stored
--   neighbours  when a lease was missing: other holders in the same place, separated by blanks
--   status and number of acquire and behind:
--     granted      microseconds until the call may start
--     rate         until a slot comes within reach
--     claim        a claim was taken for this heavy call: until it is full at the latest
--     concurrency  the same as rate, for the rate alone; when a lease is freed is unknown
--     unknown      no limits are stored: publish them and ask again
--     behind       the acquire before it was refused
--   of the others: released, 1 when the lease was there, else 0

-- A call that needs more than this part of a bucket is heavy.
local HEAVY = 0.1
local MOST_CLAIMS = 64
local MOST_NEIGHBOURS = 100
-- How long others leave a slot to a holder that lacks its part: it asks again sooner than that.
local POOR_FOR = 100000
-- What a full key is taken to wait, against keys that can tell.
local UNKNOWN_END = 1000000
local FIRST, WIDTH = 6, 7

local limits_key, state_key, leases_key, grants_key, holders_key = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local lease, renew_every, holder = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
local place, channel = ARGV[4], ARGV[5]
local now = read_time()

-- Everything that the steps look at is read by three commands.
local names, members, places, acquires = {}, {}, {}, false
local function look_at(name)
  if places[name] then return end
  names[#names + 1] = name
  places[name] = #names
end
look_at('provider')
for index = FIRST, #ARGV, WIDTH do
  members[#members + 1] = ARGV[index + 1]
  look_at('model:' .. ARGV[index + 2])
  for key in string.gmatch(ARGV[index + 3], '[^,]+') do look_at('key:' .. key) end
  if ARGV[index] == 'acquire' or ARGV[index] == 'behind' then acquires = true end
end
local fields = { 'ran', 'clock' }
for _, name in ipairs(names) do fields[#fields + 1] = 'scope:' .. name end
for _, name in ipairs(names) do fields[#fields + 1] = 'flight:' .. name end
fields[#fields + 1] = 'poor'
local limits = redis.call('HMGET', limits_key, 'revision', unpack(names))
local stored = redis.call('HMGET', state_key, unpack(fields))
local grants = redis.call('HMGET', grants_key, unpack(members))
local clock = advanced_clock(stored[1], stored[2], now, renew_every)

local scopes = {}
for index, name in ipairs(names) do
  local scope = open_scope(string.sub(name, 1, 1), name, limits[index + 1], stored[index + 2])
  scope.flight = tonumber(stored[#names + index + 2]) or 0
  scopes[name] = scope
end
local provider = scopes.provider

local function scope_of(name)
  if not scopes[name] then
    local of_scope = redis.call('HMGET', state_key, 'scope:' .. name, 'flight:' .. name)
    local scope = open_scope(string.sub(name, 1, 1), name, redis.call('HGET', limits_key, name), of_scope[1])
    scope.flight = tonumber(of_scope[2]) or 0
    scopes[name] = scope
  end
  return scopes[name]
end

-- What the members of the steps hold now, and what Redis still has of them.
local held, kept = {}, {}
for index, member in ipairs(members) do
  held[member], kept[member] = grants[index], grants[index]
end
local renewed, shares = {}, {}

local function count_for(of, amount)
  shares[of] = (shares[of] or 0) + amount
end

-- A scope that no step names is changed in Redis.
local function leave(name)
  local scope = scopes[name]
  if not scope then return leave_flight(state_key, name) end
  scope.flight = math.max(0, scope.flight - 1)
  scope.moved = true
end

local function sweep()
  local expired = redis.call('ZRANGEBYSCORE', leases_key, '-inf', whole(clock), 'LIMIT', 0, 100)
  if #expired == 0 then return end
  local lost = redis.call('HMGET', grants_key, unpack(expired))
  for index, member in ipairs(expired) do
    leave('model:' .. model_of(member))
    local grant = lost[index]
    if grant then
      local key = key_of(grant)
      if key ~= '-' then leave('key:' .. key) end
      count_for(holder_of(grant), -1)
    end
    held[member], kept[member] = false, false
  end
  redis.call('ZREM', leases_key, unpack(expired))
  redis.call('HDEL', grants_key, unpack(expired))
end
if acquires then sweep() end
-- Leases of the provider, counted along.
local in_provider = acquires and provider.limits.concurrency and redis.call('ZCARD', leases_key) or 0

local function fresh(scope)
  if scope.fresh then return end
  refresh(scope, now)
  scope.fresh = true
end

-- What a heavy call lacks of a bucket, in microseconds of half the refill; it queues behind earlier claims. A debt is
-- paid before claims fill.
local function claim_shortage(scope, bucket, need, claim_id)
  local state, level = scope.state, scope.state[bucket.dimension]
  local debt = math.max(0, floor_of(bucket) - level)
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
    if debt == 0 and own.filled + math.max(0, level - bucket.capacity / 2) >= need then return 0 end
    if need <= bucket.capacity and level + own.filled >= bucket.capacity - 0.001 then return 0 end
  end
  local lacking = math.max(1, queued_ahead + need - (own and own.filled or 0))
  local shortage = math.ceil(time_until(state, now, (2 * lacking + debt) / bucket.rate))
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

-- The wait for the rate of one bucket, and whether it is the wait for a claim.
local function rate_shortage(scope, bucket, call)
  local state, level = scope.state, scope.state[bucket.dimension]
  local amount = amount_of(bucket.dimension, call.input, call.output)
  -- A window counts a call in full; a bucket can't hold more than its capacity.
  local need = math.min(amount, bucket.window and bucket.at_most or bucket.capacity)
  if bucket.dimension ~= 'requests' and need > bucket.capacity * HEAVY then
    return claim_shortage(scope, bucket, need, call.claim), true
  end
  if level >= need then return 0, false end
  local claim = first_claim(state, bucket.dimension)
  local rate = claim and claim.filled < claim.need and bucket.rate / 2 or bucket.rate
  return math.ceil(time_until(state, now, (need - level) / rate)), false
end

-- A claim pays for its call. A window counts a call that is larger than the bucket before and after it.
local function take_claim(state, bucket, claim_id)
  local others = {}
  for _, claim in ipairs(state.claims) do
    if claim.id ~= claim_id or claim.dimension ~= bucket.dimension then
      others[#others + 1] = claim
    elseif claim.need > bucket.capacity then
      state[bucket.dimension] = bucket.capacity
    else
      state[bucket.dimension] = state[bucket.dimension] + claim.filled
    end
  end
  state.claims = #others > 0 and others or nil
end

local function charge(scope, call, charges)
  local state = scope.state
  for _, bucket in ipairs(scope.limits.rates) do
    local dimension = bucket.dimension
    local amount = math.min(amount_of(dimension, call.input, call.output), bucket.at_most)
    if state.claims then take_claim(state, bucket, call.claim) end
    state[dimension] = state[dimension] - amount
    local spent = (state['spent.' .. dimension] or 0) + amount
    state['spent.' .. dimension] = spent
    charges[#charges + 1] = scope.letter .. ':' .. dimension .. ':' .. exact(amount) .. ':' .. exact(spent) .. ';'
  end
  for _, daily in ipairs(scope.limits.days) do
    local dimension = daily.dimension
    local amount = math.min(amount_of(dimension, call.input, call.output), daily.limit)
    state[dimension] = state[dimension] + amount
    if (state.day + 1) * DAY - now <= daily.late then
      state['late.' .. dimension] = (state['late.' .. dimension] or 0) + amount
    end
    charges[#charges + 1] = scope.letter .. ':' .. dimension .. ':' .. exact(amount) .. ':0;'
  end
end

-- How long a call would wait for the limits of a day, and for the end of a pause.
local function day_or_pause(scope, call)
  local wait = 0
  for _, daily in ipairs(scope.limits.days) do
    local amount = math.min(amount_of(daily.dimension, call.input, call.output), daily.limit)
    if scope.state[daily.dimension] + amount > daily.limit then
      wait = math.max(wait, (scope.state.day + 1) * DAY - now)
    end
  end
  if scope.state.resume then wait = math.max(wait, scope.state.resume - now) end
  return wait
end

-- How long a call would wait for the rates, and for its claims.
local function shortage_of(scope, call)
  local wait, claim_wait = day_or_pause(scope, call), 0
  for _, bucket in ipairs(scope.limits.rates) do
    local lacks, claims = rate_shortage(scope, bucket, call)
    if claims then claim_wait = math.max(claim_wait, lacks) else wait = math.max(wait, lacks) end
  end
  return wait, claim_wait
end

local function leases_of(of)
  return (tonumber(redis.call('HGET', holders_key, of)) or 0) + (shares[of] or 0)
end

-- An equal part of the provider's slots for each holder, with one that may hold none yet.
local function equal_part(with)
  local holders = redis.call('HLEN', holders_key)
  if redis.call('HEXISTS', holders_key, with) == 0 then holders = holders + 1 end
  return math.max(1, math.floor(provider.limits.concurrency / holders))
end

-- A process asks for what it has freed before others hear of it, so without this it would keep its slots for ever, and
-- one that lives long would come to hold them all.
local poor_since, poor = string.match(stored[#fields] or '', '^(%d+) (%S+)$')

-- Whether this holder has its part while another one lacks its own, who is then told.
local function yields()
  if not poor or poor == holder or now - tonumber(poor_since) > POOR_FOR then return false end
  if leases_of(holder) < equal_part(poor) then return false end
  redis.call('PUBLISH', channel, 'slot ' .. poor)
  return true
end

-- This holder was refused a slot: others leave one to it when it has less than its part. One at a time.
local function tell_poor()
  local is_taken = poor and poor ~= holder and now - tonumber(poor_since) <= POOR_FOR
  if not is_taken and leases_of(holder) < equal_part(holder) then poor_since, poor = now, holder end
end

local function is_full(of_model, of_key)
  if provider.limits.concurrency then
    if in_provider >= provider.limits.concurrency then
      tell_poor()
      return true
    end
    if yields() then return true end
  end
  if of_model.limits.concurrency and of_model.flight >= of_model.limits.concurrency then return true end
  return (of_key.limits.concurrency and of_key.flight >= of_key.limits.concurrency) or false
end

-- How long a key of a pool keeps a call waiting, as far as that can be told without taking a claim. A key that holds a
-- claim of this call keeps it.
local function wait_of_key(scope, call)
  fresh(scope)
  local longest = day_or_pause(scope, call)
  for _, claim in ipairs(scope.state.claims or {}) do
    if claim.id == call.claim then return -1 end
  end
  for _, bucket in ipairs(scope.limits.rates) do
    local amount = amount_of(bucket.dimension, call.input, call.output)
    local lacking = math.min(amount, bucket.window and bucket.at_most or bucket.capacity) - scope.state[bucket.dimension]
    local shared = first_claim(scope.state, bucket.dimension)
    if lacking > 0 then
      longest = math.max(longest, time_until(scope.state, now, lacking / (shared and bucket.rate / 2 or bucket.rate)))
    end
  end
  -- When a call ends is unknown.
  if scope.limits.concurrency and scope.flight >= scope.limits.concurrency then
    longest = math.max(longest, UNKNOWN_END)
  end
  return longest
end

local function choose_key(call)
  if not string.find(call.key, ',', 1, true) then return end
  local best, chosen
  for key in string.gmatch(call.key, '[^,]+') do
    local wait = wait_of_key(scopes['key:' .. key], call)
    if not best or wait < best then best, chosen = wait, key end
  end
  call.key = chosen
end

local function acquire(call)
  local grant = held[call.member]
  if grant then
    renewed[call.member] = true
    return 'granted', math.max(0, tonumber(string.match(grant, '^(%S+)')) - now), grant
  end
  choose_key(call)
  local of_model, of_key = scopes['model:' .. call.model], scopes['key:' .. call.key]
  local touched = { provider, of_model, of_key }
  local wait, claim_wait = 0, 0
  for _, scope in ipairs(touched) do
    if scope.limited or scope.state.resume then
      fresh(scope)
      scope.changed = true
      local rate, claim = shortage_of(scope, call)
      wait, claim_wait = math.max(wait, rate), math.max(claim_wait, claim)
    end
  end
  if claim_wait > 0 then return 'claim', math.max(0, math.max(wait, claim_wait)), '' end
  if is_full(of_model, of_key) then return 'concurrency', math.max(0, wait - AHEAD), '' end
  if wait > AHEAD then return 'rate', wait - AHEAD, '' end

  local charges = {}
  for _, scope in ipairs(touched) do
    if scope.limited then charge(scope, call, charges) end
  end
  of_model.flight, of_model.moved = of_model.flight + 1, true
  if call.key ~= '-' then
    of_key.flight, of_key.moved = of_key.flight + 1, true
  end
  in_provider = in_provider + 1
  count_for(holder, 1)
  if poor == holder and leases_of(holder) >= equal_part(holder) then poor = nil end
  if #charges == 0 then charges[1] = ';' end
  grant = whole(now + wait) .. ' ' .. holder .. ' ' .. call.key .. ' ' .. table.concat(charges) .. ' ' .. call.model
  held[call.member] = grant
  return 'granted', wait, grant
end

-- What is given back of one charge; negative when the call took more.
local function refund_of(scope, dimension, charged, call)
  if call.what == 'return' then return charged end
  if dimension == 'requests' or dimension == 'requests_day' then return 0 end
  local refund = charged - amount_of(dimension, call.input, call.output)
  -- Some vendors charge the estimate when they admit a call and refund nothing.
  if refund > 0 and (call.what == 'at_least' or scope.limits.keep_estimate) then return 0 end
  return refund
end

local function release(call)
  local grant = held[call.member]
  if not grant then return 0 end
  held[call.member] = false
  local slot, of, key, charges = string.match(grant, '^(%S+) (%S+) (%S+) (%S+)')
  leave('model:' .. call.model)
  if key ~= '-' then leave('key:' .. key) end
  in_provider = in_provider - 1
  count_for(of, -1)
  if call.what == 'keep' then return 1 end
  local letters = { p = provider, m = scopes['model:' .. call.model], k = scope_of('key:' .. key) }
  -- A level above the bucket's capacity is cut when the bucket is next looked at.
  for letter, dimension, charged in string.gmatch(charges, '(%a):([%a_]+):([^:;]+)') do
    local scope = letters[letter]
    local state = scope.state
    local refund = refund_of(scope, dimension, tonumber(charged), call)
    if state[dimension] and refund ~= 0 then
      if not string.find(dimension, '_day', 1, true) then
        state[dimension] = state[dimension] + refund
      elseif state.day == math.floor(tonumber(slot) / DAY) then
        state[dimension] = math.max(0, state[dimension] - refund)
      end
      scope.changed, scope.fresh = true, false
    end
  end
  return 1
end

local reply, refused, lacked = { now, limits[1] or '', '' }, false, false
for index = FIRST, #ARGV, WIDTH do
  local call = {
    what = ARGV[index],
    member = ARGV[index + 1],
    model = ARGV[index + 2],
    key = ARGV[index + 3],
    input = tonumber(ARGV[index + 4]),
    output = tonumber(ARGV[index + 5]),
    claim = ARGV[index + 6],
  }
  local status, number, grant = 'released', 0, ''
  if call.what ~= 'acquire' and call.what ~= 'behind' then
    number = release(call)
  elseif not limits[1] then
    status = 'unknown'
  elseif call.what == 'behind' and refused then
    status = 'behind'
  else
    status, number, grant = acquire(call)
    refused = status == 'rate' or status == 'concurrency'
    lacked = lacked or status == 'concurrency'
  end
  reply[#reply + 1] = status
  reply[#reply + 1] = number
  reply[#reply + 1] = grant
end

local leased, granted, ended = {}, {}, {}
local expires = whole(clock + lease)
for member, grant in pairs(held) do
  if grant and (renewed[member] or grant ~= kept[member]) then
    leased[#leased + 1] = expires
    leased[#leased + 1] = member
  end
  if grant and grant ~= kept[member] then
    granted[#granted + 1] = member
    granted[#granted + 1] = grant
  elseif not grant and kept[member] then
    ended[#ended + 1] = member
  end
end
-- Ends of leases that were not there change nothing.
if not acquires and #ended == 0 then return reply end

local set, dropped = { 'ran', whole(now), 'clock', whole(clock) }, {}
if poor == holder then
  set[#set + 1] = 'poor'
  set[#set + 1] = whole(poor_since) .. ' ' .. poor
elseif stored[#fields] and not poor then
  dropped[#dropped + 1] = 'poor'
end
for name, scope in pairs(scopes) do
  if scope.changed and (scope.limited or scope.state.resume or scope.stored) then
    set[#set + 1] = 'scope:' .. name
    set[#set + 1] = cmsgpack.pack(scope.state)
  end
  if scope.moved and scope.flight > 0 then
    set[#set + 1] = 'flight:' .. name
    set[#set + 1] = scope.flight
  elseif scope.moved then
    dropped[#dropped + 1] = 'flight:' .. name
  end
end
redis.call('HSET', state_key, unpack(set))
if #dropped > 0 then redis.call('HDEL', state_key, unpack(dropped)) end

if #leased > 0 then redis.call('ZADD', leases_key, unpack(leased)) end
if #granted > 0 then redis.call('HSET', grants_key, unpack(granted)) end
if #ended > 0 then
  redis.call('ZREM', leases_key, unpack(ended))
  redis.call('HDEL', grants_key, unpack(ended))
end
for of, amount in pairs(shares) do change_share(holders_key, of, amount) end
if lacked and place ~= '' then reply[3] = neighbours_of(holders_key, holder, place, MOST_NEIGHBOURS) end
return reply
