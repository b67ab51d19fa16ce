-- session, tenant, ttl_ms, worker to avoid → {'admitted', worker, address} | {'full'} | {'empty'}
local session, tenant, ttl_ms, avoid = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
if redis.call('EXISTS', P .. ':ready') == 0 then return {'empty'} end
purge()
local worker, address = choose(avoid)
if not worker then return {'full'} end
redis.call('ZADD', P .. ':shunned', NOW + SHUN_MS, avoid)
put(session, worker, tenant, ttl_ms)
return {'admitted', worker, address}
