drop table document;
drop table organisation;
drop table region_direct_funding;
drop table region;
