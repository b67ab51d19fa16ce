-- worker, address, slots, draining (0 or 1), worker_ttl_ms, lease_ttl_ms, n, n times (session, tenant) that
-- PostgreSQL says the worker carries, then every session it says it carries → {'reported'} | {'empty'}
local worker, address, slots, draining = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4] == '1'
local worker_ttl_ms, lease_ttl_ms, count = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
if redis.call('EXISTS', P .. ':ready') == 0 then return {'empty'} end
-- Before the purge, so that a late report does not lose the worker's leases.
for index = 8, 7 + 2 * count, 2 do
  put(ARGV[index], worker, ARGV[index + 1], lease_ttl_ms)
end
for index = 8 + 2 * count, #ARGV do
  local session = ARGV[index]
  local held = redis.call('HGET', P .. ':held', session)
  if held and cjson.decode(held)[1] == worker then
    redis.call('ZADD', P .. ':leases', 'GT', NOW + lease_ttl_ms, session)
  end
end
redis.call('ZADD', P .. ':workers', NOW + worker_ttl_ms, worker)
redis.call('HSET', P .. ':info', worker, cjson.encode({address, slots, draining}))
purge()
return {'reported'}
