-- Functions that the limiter's scripts share; prepended to each of them when they are loaded.
-- Time is Redis TIME in whole microseconds, so that no client's clock matters.
--
-- Scopes:       "provider", "model:<model>", "key:<key>"; a call belongs to one of each
-- State hash:   ran, clock           when a script last ran; the lease clock (microseconds)
--               poor                 "<since> <holder>": was refused a slot and has less than an equal part of them
--               scope:<scope>        packed map: at (when the levels held), per rate its level and "spent.<rate>" (all
--                                    that was ever charged), day and per daily limit what is used, claims, and what a
--                                    refusal of the provider taught: resume, share, shrunk
--               flight:<scope>       leases of that model or key
-- Leases:       sorted set, "<reservation> <model>" by the lease clock at which it expires
-- Grants:       hash, "<reservation> <model>" -> "<slot> <holder> <key> <charges> <model>": when the call may start, who
--               holds it, and what was charged, as "<scope letter>:<dimension>:<charge>:<spent>;" for each bucket
-- Holders:      hash, "<worker>", or "<worker>@<place>:<process>" of one that its neighbours can look after -> its leases
-- Limits:       revision, source, and per scope a packed map of rates, days, concurrency, queued, keep_estimate

local DAY = 86400000000
-- A slot may be granted this long before it comes, so that waiting for it needs no second question.
local AHEAD = 100000
-- How long a rate that was shrunk takes to be whole again, in even steps.
local RECOVERY = 60000000
-- How long a claim outlasts the time at which it was expected to be full.
local CLAIM_GRACE = 10000000

local function read_time()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000000 + tonumber(time[2])
end

local function whole(number)
  return string.format('%.0f', number)
end

local function exact(number)
  return string.format('%.17g', number)
end

-- The lease clock runs only while scripts run: a pause longer than a renewal interval counts as one interval.
-- So an outage of Redis, during which nobody can renew, expires nothing, and neither does a jump of its clock.
local function advanced_clock(ran, clock, now, renew_every)
  local step = now - (tonumber(ran) or now)
  if step < 0 then step = 0 end
  if step > renew_every then step = renew_every end
  return (tonumber(clock) or 0) + step
end

local function leave_flight(state_key, scope)
  if redis.call('HINCRBY', state_key, 'flight:' .. scope, -1) <= 0 then
    redis.call('HDEL', state_key, 'flight:' .. scope)
  end
end

local function model_of(member)
  return string.sub(member, string.find(member, ' ', 1, true) + 1)
end

local function key_of(grant)
  return string.match(grant, '^%S+ %S+ (%S+)')
end

local function holder_of(grant)
  return string.match(grant, '^%S+ (%S+)')
end

local function change_share(holders_key, holder, amount)
  if amount ~= 0 and redis.call('HINCRBY', holders_key, holder, amount) <= 0 then
    redis.call('HDEL', holders_key, holder)
  end
end

-- Other holders in the same place, separated by blanks.
local function neighbours_of(holders_key, holder, place, most)
  local found, mark = {}, '@' .. place .. ':'
  for _, other in ipairs(redis.call('HKEYS', holders_key)) do
    if other ~= holder and #found < most and string.find(other, mark, 1, true) then found[#found + 1] = other end
  end
  return table.concat(found, ' ')
end

local function open_scope(letter, name, limits, state)
  return {
    letter = letter,
    name = name,
    limited = limits and true or false,
    stored = state and true or false,
    limits = limits and cmsgpack.unpack(limits) or { rates = {}, days = {} },
    state = state and cmsgpack.unpack(state) or {},
  }
end

-- How much a bucket refills, as microseconds at its full rate, from the end of a pause until `at`.
local function flow(state, at)
  local since = at - state.resume
  if since <= 0 then return 0 end
  if since >= RECOVERY then return since - RECOVERY * (1 - state.share) / 2 end
  return state.share * since + (1 - state.share) * since * since / (2 * RECOVERY)
end

local function refill_time(state, from, to)
  if to <= from then return 0 end
  if not state.resume then return to - from end
  return flow(state, to) - flow(state, from)
end

-- The time until a bucket has refilled for `amount` microseconds at its full rate.
local function time_until(state, now, amount)
  if amount <= 0 then return 0 end
  if not state.resume then return amount end
  local target = flow(state, now) + amount
  local ramp = RECOVERY * (1 + state.share) / 2
  local since
  if target >= ramp then
    since = RECOVERY + target - ramp
  else
    local slope = (1 - state.share) / RECOVERY
    since = (math.sqrt(state.share * state.share + 2 * slope * target) - state.share) / slope
  end
  return state.resume + since - now
end

-- The part of the full rate that is in force.
local function share_now(state, now)
  if not state.resume then return 1 end
  local since = math.max(0, now - state.resume)
  return math.min(1, state.share + (1 - state.share) * since / RECOVERY)
end

local function first_claim(state, dimension)
  for _, claim in ipairs(state.claims or {}) do
    if claim.dimension == dimension then return claim end
  end
end

-- How low a level gets by slots that were granted ahead; below it is debt.
local function floor_of(bucket)
  return -AHEAD * bucket.rate
end

-- A debt is paid first. Then the first claim of a bucket receives half of the refill, and all that the level has no
-- room for.
local function refill_with_claim(bucket, claim, level, gain)
  local debt = floor_of(bucket) - level
  if debt > 0 then
    local paid = math.min(gain, debt)
    level, gain = level + paid, gain - paid
  end
  local before = claim.filled
  claim.filled = math.min(claim.need, before + gain / 2)
  level = level + gain - (claim.filled - before)
  if claim.need > bucket.capacity then
    local excess = math.max(0, level - bucket.capacity)
    claim.filled = math.min(claim.need, claim.filled + excess)
    return level - excess
  end
  local excess = level + claim.filled - bucket.capacity
  if excess <= 0 then return level end
  claim.filled = math.min(claim.need, claim.filled + excess)
  return bucket.capacity - claim.filled
end

local function drop_lapsed_claims(state, now)
  if not state.claims then return end
  local kept = {}
  for _, claim in ipairs(state.claims) do
    if claim.due + CLAIM_GRACE >= now then
      kept[#kept + 1] = claim
    elseif state[claim.dimension] then
      state[claim.dimension] = state[claim.dimension] + claim.filled
    end
  end
  state.claims = #kept > 0 and kept or nil
end

-- Brings a scope's levels to `now`. An unknown bucket starts empty: what was spent before its data was lost can't be
-- known. A new day begins with what was granted so late that it may arrive in it.
local function refresh(scope, now)
  local state = scope.state
  drop_lapsed_claims(state, now)
  local elapsed = refill_time(state, state.at or now, now)
  for _, bucket in ipairs(scope.limits.rates) do
    local dimension = bucket.dimension
    local level = state[dimension]
    if not level then
      level = 0
    else
      local claim = first_claim(state, dimension)
      if claim then
        level = refill_with_claim(bucket, claim, level, bucket.rate * elapsed)
      else
        level = level + bucket.rate * elapsed
      end
      level = math.min(bucket.capacity, level)
    end
    state[dimension] = level
  end
  state.at = math.max(state.at or now, now)
  if state.resume and now - state.resume >= RECOVERY then
    state.resume, state.share, state.shrunk = nil, nil, nil
  end
  if #scope.limits.days == 0 then return end
  local day = math.floor(now / DAY)
  if state.day == day then return end
  for _, daily in ipairs(scope.limits.days) do
    state[daily.dimension] = state.day == day - 1 and state['late.' .. daily.dimension] or 0
    state['late.' .. daily.dimension] = nil
  end
  state.day = day
end

local function amount_of(dimension, input, output)
  if dimension == 'requests' or dimension == 'requests_day' then return 1 end
  if dimension == 'input_tokens' then return input end
  if dimension == 'output_tokens' then return output end
  return input + output
end
