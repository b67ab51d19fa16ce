-- session, worker, tenant, agent name, ttl_ms
put(ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5]))
return {'held'}
