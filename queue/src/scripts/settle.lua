-- Writes how an attempt ended. It is the holder's to say: one that lost the job to another is not heard. Where the lock
-- has run out but nobody else has begun, the attempt that entered still counts.
-- KEYS: lock, record, permits
-- ARGV: token, milliseconds to keep, when the job was accepted, state, channel of the end ("" where it goes on), reply
--   channel ("" for none), reply header, result ("" for none), then fields and values of the record
-- Gives "settled", or why not: "lost", "ended".
redis.call("ZREM", KEYS[3], ARGV[1])
local state, entered, accepted = unpack(redis.call("HMGET", KEYS[2], "state", "entered", "acceptedAt"))
local holder = redis.call("GET", KEYS[1])
if holder ~= ARGV[1] and (holder or entered ~= ARGV[1] or state ~= "running") then return "lost" end
if state == "succeeded" or state == "failed" or state == "cancelled" then
  if accepted == ARGV[3] then return "ended" end
  redis.call("DEL", KEYS[2])
end
redis.call("HDEL", KEYS[2], "place", "entered")
redis.call("HSET", KEYS[2], "state", ARGV[4], unpack(ARGV, 9))
if ARGV[8] ~= "" then redis.call("HSET", KEYS[2], "result", ARGV[8]) end
redis.call("PEXPIRE", KEYS[2], ARGV[2])
if ARGV[6] ~= "" then redis.call("PUBLISH", ARGV[6], ARGV[7] .. "\n" .. ARGV[8]) end
if ARGV[5] ~= "" then
  redis.call("HDEL", KEYS[2], "cancel")
  redis.call("PUBLISH", ARGV[5], "")
end
return "settled"
