-- Ends an invocation that has not begun: its record and the removal of its job are one step, so that it either never
-- runs or was never withdrawn. One that a worker holds already is marked; the mark keeps it from entering.
-- KEYS: record, wait, paused, prioritized, delayed, active, job, events
-- ARGV: job id, milliseconds to keep, channel of the end, why ("cancelled" or "expired"), what to do with one that has
--   entered ("ask" marks it, "leave" does not), prefix of the queue's keys, then fields and values of the record
-- Gives "withdrawn", "asked", "running", "ended", "unknown", or "linked" for a job that belongs to a flow or a
-- scheduler, which BullMQ alone can take apart.
local state, entered, accepted = unpack(redis.call("HMGET", KEYS[1], "state", "entered", "acceptedAt"))
local over = state == "succeeded" or state == "failed" or state == "cancelled"
local job = KEYS[7]
if redis.call("EXISTS", job) == 0 then return over and "ended" or "unknown" end
local finished, made, parent, scheduler, deduplication =
  unpack(redis.call("HMGET", job, "finishedOn", "timestamp", "parentKey", "rjk", "deid"))
if finished or (over and accepted == made) then return "ended" end
if redis.call("EXISTS", job .. ":lock") == 1 or redis.call("LPOS", KEYS[6], ARGV[1]) then
  if entered and ARGV[5] == "leave" then return "running" end
  if over then redis.call("DEL", KEYS[1]) end
  redis.call("HSET", KEYS[1], "cancel", ARGV[4])
  redis.call("PEXPIRE", KEYS[1], ARGV[2])
  return "asked"
end
if parent or scheduler then return "linked" end
local removed = redis.call("LREM", KEYS[2], 1, ARGV[1]) + redis.call("LREM", KEYS[3], 1, ARGV[1])
  + redis.call("ZREM", KEYS[4], ARGV[1]) + redis.call("ZREM", KEYS[5], ARGV[1])
if removed == 0 then return "unknown" end
if deduplication then
  local key = ARGV[6] .. "de:" .. deduplication
  if redis.call("GET", key) == ARGV[1] then redis.call("DEL", key) end
end
redis.call("DEL", job, job .. ":logs", job .. ":dependencies", job .. ":processed", job .. ":failed",
  job .. ":unsuccessful")
redis.call("XADD", KEYS[8], "MAXLEN", "~", 1000, "*", "event", "removed", "jobId", ARGV[1], "prev", "waiting")
if over then redis.call("DEL", KEYS[1]) end
redis.call("HDEL", KEYS[1], "due", "place", "entered", "cancel")
redis.call("HSET", KEYS[1], unpack(ARGV, 7))
redis.call("PEXPIRE", KEYS[1], ARGV[2])
redis.call("PUBLISH", ARGV[3], "")
return "withdrawn"
