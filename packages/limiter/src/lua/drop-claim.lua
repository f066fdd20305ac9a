-- Gives up a claim: what it holds goes back to its buckets.
-- KEYS  1 state
-- ARGV  1 claim, then the scopes in which it may be
-- Returns how many claims were dropped

local dropped = 0
for index = 2, #ARGV do
  local field = 'scope:' .. ARGV[index]
  local packed = redis.call('HGET', KEYS[1], field)
  local state = packed and cmsgpack.unpack(packed)
  local kept = {}
  for _, claim in ipairs(state and state.claims or {}) do
    if claim.id ~= ARGV[1] then
      kept[#kept + 1] = claim
    else
      dropped = dropped + 1
      state[claim.dimension] = (state[claim.dimension] or 0) + claim.filled
    end
  end
  if state and state.claims and #kept < #state.claims then
    state.claims = #kept > 0 and kept or nil
    redis.call('HSET', KEYS[1], field, cmsgpack.pack(state))
  end
end
return dropped
