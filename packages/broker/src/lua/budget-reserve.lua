-- include: clock, budget
-- Sets the cost of one call aside, if there is room for it. Idempotent by token.
-- KEYS: see include/budget.lua
-- ARGV: 1 job id, 2 token of the call, 3 amount, 4 limit of a day, 5 limit of a month (each '' for none)
-- Returns: {'reserved'} | {'full', ms until it may fit: until the day ends, whose budget (or the month's) is spent, 0
--          when calls that run may leave room, -1 when it never fits}
local now = now_ms()
local entry = job_entry(ARGV[1]) or { token = '', reserved = 0, lost = 0, booked = 0 }
if entry.token == ARGV[2] then return { 'reserved' } end
local amount = tonumber(ARGV[3])
local day, month, reserved = read_budget(now)
local full, wait = false, 0
local function check(limit, spent)
  if limit == '' or spent + reserved + amount <= tonumber(limit) then return end
  full = true
  if amount > tonumber(limit) then
    wait = -1
  elseif wait ~= -1 and spent + amount > tonumber(limit) then
    wait = 86400000 - now % 86400000
  end
end
check(ARGV[4], day)
check(ARGV[5], month)
if full then return { 'full', wait } end
entry.lost = entry.lost + entry.reserved
entry.token, entry.reserved = ARGV[2], amount
store_entry(ARGV[1], entry)
reserve(amount)
return { 'reserved' }
