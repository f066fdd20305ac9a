-- Ends a lease and settles what its call was charged, once: a reservation without a lease changes nothing.
-- KEYS  1 limits  2 state  3 leases  4 grants
-- ARGV  1 member "<reservation> <model>"  2 model  3 key; the grant's own counts
--       4 keep (the charge stands), settle (5 and 6 are what the call really took), at_least (the call took 5 and 6 or
--         more: nothing is refunded) or return (the call was not made)
--       5 input tokens  6 output tokens
-- Returns 1 when the lease was there, else 0

local limits_key, state_key, leases_key, grants_key = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local member, model, settlement = ARGV[1], ARGV[2], ARGV[4]
local input, output = tonumber(ARGV[5]), tonumber(ARGV[6])

local grant = redis.call('HGET', grants_key, member)
if not grant then return 0 end
local key = key_of(grant)
redis.call('HDEL', grants_key, member)
redis.call('ZREM', leases_key, member)
leave_flight(state_key, 'model:' .. model)
if key ~= '-' then leave_flight(state_key, 'key:' .. key) end
if settlement == 'keep' then return 1 end

local slot, charges = string.match(grant, '^(%S+) %S+ %S+ (%S+)')
local granted_day = math.floor(tonumber(slot) / DAY)
local names = { p = 'provider', m = 'model:' .. model, k = 'key:' .. key }
local scopes = {}

local function scope_of(letter)
  if scopes[letter] == nil then
    local state = redis.call('HGET', state_key, 'scope:' .. names[letter])
    scopes[letter] = state and cmsgpack.unpack(state) or false
  end
  return scopes[letter]
end

-- Some vendors charge the estimate when they admit a call and refund nothing.
local function keeps_estimate(letter)
  local limits = redis.call('HGET', limits_key, names[letter])
  return limits and cmsgpack.unpack(limits).keep_estimate
end

-- A level above the bucket's capacity is cut when the bucket is next looked at.
for letter, dimension, charged in string.gmatch(charges, '(%a):([%a_]+):([^:;]+)') do
  local state = scope_of(letter)
  local refund = tonumber(charged)
  if settlement ~= 'return' then
    if dimension == 'requests' or dimension == 'requests_day' then
      refund = 0
    else
      refund = refund - amount_of(dimension, input, output)
      if refund > 0 and (settlement == 'at_least' or keeps_estimate(letter)) then refund = 0 end
    end
  end
  if state and state[dimension] and refund ~= 0 then
    if not string.find(dimension, '_day', 1, true) then
      state[dimension] = state[dimension] + refund
    elseif state.day == granted_day then
      state[dimension] = math.max(0, state[dimension] - refund)
    end
    state.changed = true
  end
end
for letter, state in pairs(scopes) do
  if state and state.changed then
    state.changed = nil
    redis.call('HSET', state_key, 'scope:' .. names[letter], cmsgpack.pack(state))
  end
end
return 1
