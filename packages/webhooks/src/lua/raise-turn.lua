-- Raises the turn of a delivery whose ticket was lost, so that it is queued under an id that was never used.
-- KEYS: 1 delivery hash
-- ARGV: 1 turn of the lost ticket
-- Returns: new turn, or 0 when the delivery has moved on or is gone
if redis.call('HGET', KEYS[1], 'turn') ~= ARGV[1] then return 0 end
return redis.call('HINCRBY', KEYS[1], 'turn', 1)
