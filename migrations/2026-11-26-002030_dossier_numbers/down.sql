-- What was typed is not kept: the numbers stay as they are.
select 1;
