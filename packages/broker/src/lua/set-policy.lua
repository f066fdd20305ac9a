-- include: clock, backlog, policy
-- Takes over how tiers and tenants share the provider, for every process from the next release on.
-- KEYS: 1 stem of the provider's backlog
-- ARGV: 1 policy JSON, see store_policy()
-- Returns: 1
store_policy(ARGV[1])
return 1
