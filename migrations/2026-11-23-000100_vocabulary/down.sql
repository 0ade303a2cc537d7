drop table schema_object;
drop table idempotency_key;
drop table access_token;
drop table federation;
drop domain yuan;
