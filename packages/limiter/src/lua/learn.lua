-- Takes over what a provider's answer says about its limits. Never raises anything.
-- KEYS  1 limits  2 state  3 grants
-- ARGV  1 member "<reservation> <model>"  2 model  3 key  4 age of the permit, when its lease is gone (microseconds)
--       5 how long to pause after a refusal, or -1 for none (microseconds)  6 channel
--       7 1 when the key is an account of its own: the others go on
--       then pairs: dimension, how much the provider says remains
-- Returns how long the provider is paused now (microseconds)
--
-- A refusal empties the buckets and halves their rate; after the pause the rate grows back evenly. Refusals of calls
-- that were under way when the rate was halved don't halve it again. The latest end of a pause wins.

local SHRINK = 0.5
local LEAST_SHARE = 0.1

local limits_key, state_key, grants_key = KEYS[1], KEYS[2], KEYS[3]
local member, model, key, channel = ARGV[1], ARGV[2], ARGV[3], ARGV[6]
local now = read_time()
local grant = redis.call('HGET', grants_key, member)
local granted_at = tonumber(grant and string.match(grant, '^%S+') or nil) or now - tonumber(ARGV[4])
local pause = tonumber(ARGV[5])
local names = { 'provider', 'model:' .. model, 'key:' .. key }
local limits = redis.call('HMGET', limits_key, unpack(names))
local stored = redis.call('HMGET', state_key, 'scope:' .. names[1], 'scope:' .. names[2], 'scope:' .. names[3])
local scopes = {}
for index, letter in ipairs({ 'p', 'm', 'k' }) do
  scopes[index] = open_scope(letter, names[index], limits[index], stored[index])
  refresh(scopes[index], now)
end

local function shrink(scope)
  local state = scope.state
  local share = share_now(state, now)
  if (state.shrunk or 0) < granted_at then
    share = math.max(LEAST_SHARE, share * SHRINK)
    state.shrunk = now
  end
  state.resume = math.max(state.resume or 0, now + pause)
  state.share = share
  for _, bucket in ipairs(scope.limits.rates) do
    state[bucket.dimension] = math.min(0, state[bucket.dimension])
  end
end

if pause >= 0 then
  if ARGV[7] == '1' then
    shrink(scopes[3])
  else
    shrink(scopes[1])
    if scopes[2].limited then shrink(scopes[2]) end
  end
end

-- The narrowest scope that has such a bucket is the one that the provider speaks of.
local function lower(dimension, remaining)
  for _, index in ipairs({ 2, 3, 1 }) do
    local scope = scopes[index]
    for _, bucket in ipairs(scope.limits.rates) do
      if bucket.dimension == dimension then
        local state = scope.state
        local pattern = scope.letter .. ':' .. dimension .. ':[^:;]+:([^:;]+);'
        local spent_then = tonumber(grant and string.match(grant, pattern) or nil)
        local spent_since = spent_then and (state['spent.' .. dimension] or 0) - spent_then or 0
        local refilled = bucket.rate * refill_time(state, granted_at, now)
        state[dimension] = math.min(state[dimension], remaining + refilled - spent_since)
        return
      end
    end
  end
end
for index = 8, #ARGV, 2 do
  lower(ARGV[index], tonumber(ARGV[index + 1]))
end

local paused = 0
for _, scope in ipairs(scopes) do
  if scope.limited or scope.state.resume then
    redis.call('HSET', state_key, 'scope:' .. scope.name, cmsgpack.pack(scope.state))
  end
  if scope.state.resume then paused = math.max(paused, scope.state.resume - now) end
end
if pause >= 0 then redis.call('PUBLISH', channel, 'paused ' .. whole(paused) .. ' ' .. key .. ' ' .. model) end
return paused
