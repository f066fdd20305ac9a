-- How tiers and tenants share a provider. Needs backlog.lua.

-- Takes a policy over: {"shares": {tier: n}, "weight": n, "running": n, "tenants": {name: {"weight", "running"}}}.
local function store_policy(text)
  local policy = cjson.decode(text)
  redis.call('DEL', STEM .. ':policy')
  redis.call('HSET', STEM .. ':policy', 'weight', policy.weight, 'running', policy.running)
  for tier, share in pairs(policy.shares) do redis.call('HSET', STEM .. ':policy', 'share:' .. tier, share) end
  for tenant, own in pairs(policy.tenants) do
    redis.call('HSET', STEM .. ':policy', 'w:' .. tenant, own.weight, 'r:' .. tenant, own.running)
  end
end
