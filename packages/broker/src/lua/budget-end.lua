-- include: clock, budget
-- A job has ended: what its record says and was not booked is booked; what a lost worker may have spent counts as spent.
-- KEYS: see include/budget.lua
-- ARGV: 1 job id, 2 cost of all its calls that is known, 3 '1' when a call of unknown cost was made
-- Returns: 1, or 0 when nothing was ever set aside for it
local entry = job_entry(ARGV[1])
if not entry then return 0 end
redis.call('HDEL', KEYS[2], ARGV[1])
local open = entry.reserved + entry.lost
reserve(-open)
local unbooked = math.max(0, tonumber(ARGV[2]) - entry.booked)
local assumed = ARGV[3] == '1' and math.max(0, open - unbooked) or 0
if unbooked + assumed > 0 then spend(now_ms(), unbooked + assumed) end
return 1
