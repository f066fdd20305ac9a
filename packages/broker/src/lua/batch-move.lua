-- include: clock, append-event, batch-events
-- The one way to change a batch's status: compare-and-set, timestamp, event and outbox in one step.
-- KEYS: 1 batch hash, 2 events list, 3 outbox list
-- ARGV: 1 states that it may leave, ',a,b,', 2 new status, 3 event type or '', 4 ms that an ended batch is kept
--       (0: it has not ended), then field, value, … to set
-- Returns: 'moved' | 'fenced' | 'gone'
local status = redis.call('HGET', KEYS[1], 'status')
if not status then return 'gone' end
if not string.find(ARGV[1], ',' .. status .. ',', 1, true) then return 'fenced' end
local now = now_ms()
redis.call('HSET', KEYS[1], 'status', ARGV[2], 'at_' .. ARGV[2], now, unpack(ARGV, 5))
if ARGV[3] ~= '' then push_batch_event(ARGV[3], now) end
if ARGV[4] ~= '0' then for _, key in ipairs(KEYS) do
  if key ~= KEYS[3] then redis.call('PEXPIRE', key, ARGV[4]) end
end end
return 'moved'
