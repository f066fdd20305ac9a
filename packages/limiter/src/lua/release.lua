-- Ends a lease and settles what its call was charged, once: a reservation without a lease changes nothing.
-- KEYS  1 state  2 leases  3 grants
-- ARGV  1 member "<reservation> <model>"  2 model  3 renewal interval (microseconds)
--       4 keep (the charge stands), settle (5 is what the call really took) or return (the call was not made)
--       5 tokens
-- Returns 1 when the lease was there, else 0

local state_key, leases_key, grants_key = KEYS[1], KEYS[2], KEYS[3]
local member, model, settlement = ARGV[1], ARGV[2], ARGV[4]

advance_clock(state_key, read_time(), tonumber(ARGV[3]))
local grant = redis.call('HGET', grants_key, member)
if not grant then return 0 end
redis.call('HDEL', grants_key, member)
redis.call('ZREM', leases_key, member)
leave_flight(state_key, model)
if settlement == 'keep' then return 1 end

-- A level above the bucket's capacity is cut when the bucket is next looked at.
local function put_back(field, request_charge, token_charge)
  local bucket = redis.call('HGET', state_key, field)
  if not bucket then return end
  local at, requests, tokens = string.match(bucket, '^(%S+) (%S+) (%S+)$')
  requests, tokens = tonumber(requests), tonumber(tokens)
  request_charge, token_charge = tonumber(request_charge), tonumber(token_charge)
  if requests and request_charge and settlement == 'return' then requests = requests + request_charge end
  if tokens and token_charge then
    tokens = tokens + token_charge
    if settlement == 'settle' then tokens = tokens - tonumber(ARGV[5]) end
  end
  redis.call('HSET', state_key, field, at .. ' ' .. exact(requests) .. ' ' .. exact(tokens))
end

local _, provider_requests, provider_tokens, own_requests, own_tokens =
  string.match(grant, '^(%S+) (%S+) (%S+) (%S+) (%S+)$')
put_back('bucket:provider', provider_requests, provider_tokens)
put_back('bucket:model:' .. model, own_requests, own_tokens)
return 1
