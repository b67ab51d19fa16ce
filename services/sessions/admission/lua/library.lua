-- Keys, all under KEYS[1]:
--   :ready     when the leases were built, in ms; missing when Redis came back empty
--   :workers   sorted set  worker → when it counts as gone unless it reports, in ms
--   :info      hash        worker → [address, slots, draining]
--   :shunned   sorted set  worker that did not claim a call in time → until when it is chosen last, in ms
--   :leases    sorted set  session → when the lease expires, in ms
--   :held      hash        session → [worker, tenant]
--   :worker:W  set         sessions that hold a slot of worker W
--   :tenant:T  set         sessions that hold a lease of tenant T
local P = KEYS[1]
local time = redis.call('TIME')
local NOW = time[1] * 1000 + math.floor(time[2] / 1000)
local SHUN_MS = 10000

local function drop(session)
  local held = redis.call('HGET', P .. ':held', session)
  if held then
    held = cjson.decode(held)
    redis.call('SREM', P .. ':worker:' .. held[1], session)
    redis.call('SREM', P .. ':tenant:' .. held[2], session)
    redis.call('HDEL', P .. ':held', session)
  end
  redis.call('ZREM', P .. ':leases', session)
end

local function put(session, worker, tenant, ttl_ms)
  drop(session)
  redis.call('HSET', P .. ':held', session, cjson.encode({worker, tenant}))
  redis.call('SADD', P .. ':worker:' .. worker, session)
  redis.call('SADD', P .. ':tenant:' .. tenant, session)
  redis.call('ZADD', P .. ':leases', NOW + ttl_ms, session)
end

local function purge()
  for _, session in ipairs(redis.call('ZRANGEBYSCORE', P .. ':leases', '-inf', NOW, 'LIMIT', 0, 1000)) do
    drop(session)
  end
  for _, worker in ipairs(redis.call('ZRANGEBYSCORE', P .. ':workers', '-inf', NOW)) do
    redis.call('ZREM', P .. ':workers', worker)
    redis.call('HDEL', P .. ':info', worker)
  end
  redis.call('ZREMRANGEBYSCORE', P .. ':shunned', '-inf', NOW)
end

local function used(worker)
  return redis.call('SCARD', P .. ':worker:' .. worker)
end

-- The worker with the most free slots, and its address. A shunned worker is chosen only when no other has a free slot.
local function choose(avoid)
  local best, best_free, best_shunned, best_address
  for _, worker in ipairs(redis.call('ZRANGE', P .. ':workers', 0, -1)) do
    local info = redis.call('HGET', P .. ':info', worker)
    if worker ~= avoid and info then
      info = cjson.decode(info)
      local free = info[2] - used(worker)
      local shunned = redis.call('ZSCORE', P .. ':shunned', worker) and true or false
      if free > 0 and not info[3] then
        local better = not best or (best_shunned and not shunned) or (best_shunned == shunned and free > best_free)
        if better then
          best, best_free, best_shunned, best_address = worker, free, shunned, info[1]
        end
      end
    end
  end
  return best, best_address
end
