-- include: clock, budget
-- Books what a call cost in place of what was set aside for it. Once by token.
-- KEYS: see include/budget.lua
-- ARGV: 1 job id, 2 token of the call, 3 what it cost ('': not known, so all that was set aside)
-- Returns: 1, or 0 when nothing is set aside under that token
local entry = job_entry(ARGV[1])
if not entry or entry.token ~= ARGV[2] then return 0 end
local cost = tonumber(ARGV[3]) or entry.reserved
reserve(-entry.reserved)
spend(now_ms(), cost)
entry.token, entry.reserved, entry.booked = '', 0, entry.booked + cost
store_entry(ARGV[1], entry)
return 1
