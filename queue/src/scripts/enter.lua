-- Lets user code of one attempt begin, once it is certain that the attempt still holds the job and somebody wants it.
-- KEYS: lock, record
-- ARGV: token, now, begin before (0: no deadline), milliseconds to keep, when the job was accepted (a
--   producer may use the id of an earlier job again, whose record is another's then), fields and values of the record
-- Gives "entered", or why not: "lost", "ended", "cancelled", "expired".
if redis.call("GET", KEYS[1]) ~= ARGV[1] then return "lost" end
local state, cancel, accepted = unpack(redis.call("HMGET", KEYS[2], "state", "cancel", "acceptedAt"))
if state == "succeeded" or state == "failed" or state == "cancelled" then
  if accepted == ARGV[5] then return "ended" end
  redis.call("DEL", KEYS[2])
elseif cancel then
  return cancel
end
local before = tonumber(ARGV[3])
if before > 0 and tonumber(ARGV[2]) > before then return "expired" end
redis.call("HDEL", KEYS[2], "due", "place", "outcome", "result", "http", "endedAt")
redis.call("HSET", KEYS[2], "state", "running", "entered", ARGV[1], "began", ARGV[2], unpack(ARGV, 6))
redis.call("PEXPIRE", KEYS[2], ARGV[4])
return "entered"
